internal import ConvNetText

/// An option whose value has a type: the row of the table, and how its value is read.
///
/// ```swift
/// static let epochs = Option<Int>.integer("epochs", "N", 1...100_000, default: 30, "passes over the data")
/// …
/// let count = arguments[epochs]
/// ```
package struct Option<Value: Sendable>: Sendable {
  package let specification: OptionSpecification
  let read: @Sendable ([ArgumentValue]) -> Value

  fileprivate init(
    _ name: String, letter: Character? = nil, valueName: String? = nil, rule: ValueRule? = nil,
    help: String, defaultText: String? = nil, repeats: Bool = false,
    read: @escaping @Sendable ([ArgumentValue]) -> Value
  ) {
    specification = OptionSpecification(
      name: name, letter: letter, valueName: valueName, rule: rule, help: help,
      defaultText: defaultText, repeats: repeats)
    self.read = read
  }
}

extension ArgumentValue {
  fileprivate var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  fileprivate var number: Double? { if case .number(let value) = self { value } else { nil } }
  fileprivate var text: String? { if case .text(let value) = self { value } else { nil } }
  fileprivate var texts: [String]? { if case .texts(let value) = self { value } else { nil } }
  fileprivate var sizes: [Int]? { if case .sizes(let value) = self { value } else { nil } }
}

extension Option where Value == Bool {
  /// An option without a value: given or not.
  package static func flag(_ name: String, letter: Character? = nil, _ help: String) -> Self {
    Self(name, letter: letter, help: help) { !$0.isEmpty }
  }
}

extension Option where Value == Int {
  /// A whole number of a range.
  package static func integer(
    _ name: String, _ valueName: String, _ range: ClosedRange<Int>, default standard: Int,
    _ help: String
  ) -> Self {
    Self(
      name, valueName: valueName, rule: .integer(range), help: help,
      defaultText: NumberFormat.grouped(standard)
    ) { $0.last?.integer ?? standard }
  }
}

extension Option where Value == Int? {
  /// A whole number of a range, or nil where it was not given.
  package static func integer(
    _ name: String, _ valueName: String, _ range: ClosedRange<Int>, defaultText: String? = nil,
    _ help: String
  ) -> Self {
    Self(
      name, valueName: valueName, rule: .integer(range), help: help, defaultText: defaultText
    ) { $0.last?.integer }
  }
}

extension Option where Value == Double {
  /// A number of a range.
  package static func number(
    _ name: String, _ valueName: String, _ range: NumberRange, default standard: Double,
    _ help: String
  ) -> Self {
    Self(
      name, valueName: valueName, rule: .number(range), help: help,
      defaultText: NumberFormat.significant(standard, digits: 15)
    ) { $0.last?.number ?? standard }
  }
}

extension Option where Value == Double? {
  /// A number of a range, or nil where it was not given or given as the keyword.
  package static func number(
    _ name: String, _ valueName: String, _ range: NumberRange, keyword: String? = nil,
    defaultText: String? = nil, _ help: String
  ) -> Self {
    Self(
      name, valueName: valueName, rule: .number(range, keyword: keyword), help: help,
      defaultText: defaultText ?? keyword
    ) { $0.last?.number }
  }

  /// A length of time in seconds, or nil where it was not given.
  package static func duration(
    _ name: String, _ valueName: String, _ range: ClosedRange<Double>, defaultText: String? = nil,
    _ help: String
  ) -> Self {
    Self(
      name, valueName: valueName, rule: .duration(range), help: help, defaultText: defaultText
    ) { $0.last?.number }
  }
}

extension Option where Value == String {
  /// A text that follows a rule.
  package static func text(
    _ name: String, letter: Character? = nil, _ valueName: String, rule: ValueRule = .text,
    default standard: String, _ help: String
  ) -> Self {
    Self(
      name, letter: letter, valueName: valueName, rule: rule, help: help, defaultText: standard
    ) { $0.last?.text ?? standard }
  }
}

extension Option where Value == String? {
  /// A text that follows a rule, or nil where it was not given.
  package static func text(
    _ name: String, letter: Character? = nil, _ valueName: String, rule: ValueRule = .text,
    defaultText: String? = nil, _ help: String
  ) -> Self {
    Self(
      name, letter: letter, valueName: valueName, rule: rule, help: help, defaultText: defaultText
    ) { $0.last?.text }
  }
}

extension Option where Value == [String] {
  /// Texts that follow a rule, from an option that may be given several times.
  package static func texts(
    _ name: String, _ valueName: String, rule: ValueRule = .text, _ help: String
  ) -> Self {
    Self(name, valueName: valueName, rule: rule, help: help, repeats: true) {
      $0.compactMap(\.text)
    }
  }
}

extension Option where Value == [String]? {
  /// Some of the words of a list, or nil where they were not given.
  package static func choices(
    _ name: String, _ valueName: String, _ words: [String], defaultText: String? = nil,
    _ help: String
  ) -> Self {
    Self(
      name, valueName: valueName, rule: .choices(words), help: help, defaultText: defaultText
    ) { $0.last?.texts }
  }
}

extension Option where Value == [Int]? {
  /// Sizes joined by `x`, or nil where they were not given.
  package static func sizes(
    _ name: String, _ valueName: String, count: ClosedRange<Int>, each: ClosedRange<Int>,
    defaultText: String? = nil, _ help: String
  ) -> Self {
    Self(
      name, valueName: valueName, rule: .sizes(count: count, each: each), help: help,
      defaultText: defaultText
    ) { $0.last?.sizes }
  }
}
