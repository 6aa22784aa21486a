/// One row of a command's option table: all that parsing, help pages and completions know of it.
package struct OptionSpecification: Sendable, Equatable {
  /// The name without its dashes: `epochs`.
  package var name: String
  /// The one-letter form without its dash.
  package var letter: Character?
  /// What stands for the value on the help page, such as `N`; nil for an option without a value.
  package var valueName: String?
  /// What the value may be; nil for an option without a value.
  package var rule: ValueRule?
  package var help: String
  /// The default as the help page shows it.
  package var defaultText: String?
  /// Whether it may be given more than once.
  package var repeats: Bool

  /// The name as it is typed.
  package var typed: String { "--\(name)" }
  /// The one-letter form as it is typed.
  package var short: String? { letter.map { "-\($0)" } }
}

/// Options that belong together on a help page.
package struct OptionGroup: Sendable {
  package var title: String
  package var options: [OptionSpecification]

  package init(_ title: String, _ options: [OptionSpecification]) {
    self.title = title
    self.options = options
  }
}
