/// One row of a command's table of arguments that stand by their place.
package struct PositionalSpecification: Sendable, Equatable {
  /// What stands for it on the help page, such as `MODEL`.
  package var name: String
  package var help: String
  /// Whether it must be given.
  package var isRequired: Bool
  /// Whether it takes all the words that are left.
  package var takesAll: Bool
  /// Whether it is a file or folder, or one of some words.
  package var rule: ValueRule

  /// The argument as a usage line shows it: `DATA`, `[LAYER]`, `IMAGE...`.
  var usage: String {
    let name = takesAll ? "\(name)..." : name
    return isRequired ? name : "[\(name)]"
  }
}

/// An argument that stands by its place, and the type it is read as.
package struct Positional<Value: Sendable>: Sendable {
  package let specification: PositionalSpecification
  let read: @Sendable ([String]) -> Value
}

extension Positional where Value == String {
  /// An argument that must be given.
  package static func required(
    _ name: String, rule: ValueRule = .file, _ help: String
  ) -> Self {
    Self(
      specification: PositionalSpecification(
        name: name, help: help, isRequired: true, takesAll: false, rule: rule)
      // The parser has refused a command line without it.
    ) { $0.first ?? "" }
  }
}

extension Positional where Value == String? {
  /// An argument that may be left out.
  package static func optional(
    _ name: String, rule: ValueRule = .file, _ help: String
  ) -> Self {
    Self(
      specification: PositionalSpecification(
        name: name, help: help, isRequired: false, takesAll: false, rule: rule)
    ) { $0.first }
  }
}

extension Positional where Value == [String] {
  /// One argument or more.
  package static func list(_ name: String, rule: ValueRule = .file, _ help: String) -> Self {
    Self(
      specification: PositionalSpecification(
        name: name, help: help, isRequired: true, takesAll: true, rule: rule)
    ) { $0 }
  }

  /// Any number of arguments, also none.
  package static func optionalList(
    _ name: String, rule: ValueRule = .file, _ help: String
  ) -> Self {
    Self(
      specification: PositionalSpecification(
        name: name, help: help, isRequired: false, takesAll: true, rule: rule)
    ) { $0 }
  }
}
