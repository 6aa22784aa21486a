/// A value of a JSON text.
///
/// The reader and writer are our own instead of FoundationEssentials' `JSONDecoder`: that adds
/// about 7 MB to a static binary, keeps the last of two equal keys without a word, has no limit on
/// the number of values (a 100 MB header of `[[],[],…` becomes gigabytes), and loses the order of
/// an object's members, which the messages about a file should keep.
public enum JSONValue: Hashable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without fraction and exponent that an `Int` holds exactly.
  case integer(Int)
  /// Any other number.
  case number(Double)
  /// A text.
  case string(String)
  /// A list of values.
  case array([JSONValue])
  /// Named values in the order in which they were written.
  case object(JSONObject)

  /// The text, or nil where this is none.
  public var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The whole number, or nil where this is none.
  public var int: Int? {
    guard case .integer(let value) = self else { return nil }
    return value
  }

  /// The number, whole or not, or nil where this is none.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The truth value, or nil where this is none.
  public var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// The list, or nil where this is none.
  public var array: [JSONValue]? {
    guard case .array(let value) = self else { return nil }
    return value
  }

  /// The object, or nil where this is none.
  public var object: JSONObject? {
    guard case .object(let value) = self else { return nil }
    return value
  }

  /// The member of an object, or nil where this is no object or has no such member.
  public subscript(key: String) -> JSONValue? { object?[key] }

  /// What the value is, in words: "an object".
  var kindInWords: String {
    switch self {
    case .null: "null"
    case .bool: "a truth value"
    case .integer: "a whole number"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  /// A text written in the source.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A whole number written in the source.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A number written in the source.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A truth value written in the source.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A list written in the source.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object written in the source; of equal names the last one counts.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    var object = JSONObject()
    for (key, value) in elements { object[key] = value }
    self = .object(object)
  }
}
