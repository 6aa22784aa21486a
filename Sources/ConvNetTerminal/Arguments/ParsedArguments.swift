/// The arguments of one command after parsing: every value follows its rule.
package struct ParsedArguments: Sendable {
  /// The command's names, from the outermost on: `["data", "check"]`.
  package let path: [String]
  private let values: [String: [ArgumentValue]]
  private let words: [String: [String]]

  init(path: [String], values: [String: [ArgumentValue]], words: [String: [String]]) {
    self.path = path
    self.values = values
    self.words = words
  }

  /// The option's value, or its default.
  package subscript<Value>(option: Option<Value>) -> Value {
    option.read(values[option.specification.name] ?? [])
  }

  /// The argument at its place.
  package subscript<Value>(positional: Positional<Value>) -> Value {
    positional.read(words[positional.specification.name] ?? [])
  }

  /// Whether the option was given, for values that come from elsewhere otherwise.
  package func isGiven<Value>(_ option: Option<Value>) -> Bool {
    values[option.specification.name] != nil
  }
}
