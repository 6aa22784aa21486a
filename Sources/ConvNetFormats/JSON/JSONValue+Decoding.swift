public import ConvNetGraph

extension JSONValue {
  /// The value of a type that this is the JSON form of.
  ///
  /// - Parameters:
  ///   - type: what to read.
  ///   - name: what is read, for messages.
  ///   - rejectsUnknownKeys: whether a member that nothing asked for is an error (configurations that
  ///     people write by hand).
  ///   - userInfo: what the types may ask the decoder for.
  /// - Throws: ``ConvNetError`` of kind `invalidData` that names the place, or what the type throws.
  public func decode<Decoded: Decodable>(
    _ type: Decoded.Type, name: String, rejectsUnknownKeys: Bool = false,
    userInfo: [CodingUserInfoKey: Any] = [:]
  ) throws(ConvNetError) -> Decoded {
    let context = DecodingContext(recordsKeys: rejectsUnknownKeys, userInfo: userInfo)
    let decoded: Decoded
    do {
      decoded = try context.decode(type, self, [])
    } catch let error as ConvNetError {
      throw error.at(name)
    } catch let error as DecodingError {
      throw JSONValue.readable(error).at(name)
    } catch {
      throw ConvNetError(.invalidData, "\(name): \(error)")
    }
    if let unknown = context.unknownKey(in: self, path: "") {
      throw unknown.at(name)
    }
    return decoded
  }

  private static func readable(_ error: DecodingError) -> ConvNetError {
    let (context, what): (DecodingError.Context, String?) =
      switch error {
      case .keyNotFound(let key, let context):
        (context, "has no \"\(key.stringValue.escapedForDisplay)\"")
      case .typeMismatch(_, let context), .valueNotFound(_, let context),
        .dataCorrupted(let context):
        (context, nil)
      @unknown default:
        (DecodingError.Context(codingPath: [], debugDescription: "\(error)"), nil)
      }
    let place = DecodingContext.path(context.codingPath)
    return ConvNetError(.invalidData, what ?? context.debugDescription).at(place)
  }
}

/// What all containers of one reading share.
private final class DecodingContext {
  let userInfo: [CodingUserInfoKey: Any]
  private let recordsKeys: Bool
  /// The keys that were asked for, by the path of their object.
  private var askedFor: [String: [String]] = [:]

  init(recordsKeys: Bool, userInfo: [CodingUserInfoKey: Any]) {
    self.recordsKeys = recordsKeys
    self.userInfo = userInfo
  }

  static func path(_ codingPath: [any CodingKey]) -> String {
    codingPath.reduce("") { path, key in
      if let index = key.intValue { return "\(path)[\(index)]" }
      return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
    }
  }

  func record(_ key: any CodingKey, at codingPath: [any CodingKey]) {
    guard recordsKeys else { return }
    askedFor[DecodingContext.path(codingPath), default: []].append(key.stringValue)
  }

  /// The first member that nothing asked for. Objects that nothing was asked of are passed over: they
  /// were taken as a whole.
  func unknownKey(in value: JSONValue, path: String) -> ConvNetError? {
    switch value {
    case .array(let values):
      for (index, value) in values.enumerated() {
        if let error = unknownKey(in: value, path: "\(path)[\(index)]") { return error }
      }
    case .object(let object):
      guard let known = askedFor[path] else { return nil }
      for member in object.members {
        guard known.contains(member.key) else {
          return ConvNetError(
            .invalidData, "unknown key \"\(member.key.escapedForDisplay)\"",
            advice: "known are: " + Set(known).sorted().joined(separator: ", ")
          ).at(path)
        }
        let inner = path.isEmpty ? member.key : "\(path).\(member.key)"
        if let error = unknownKey(in: member.value, path: inner) { return error }
      }
    default: break
    }
    return nil
  }

  /// A value; the types that JSON knows are read directly.
  func decode<T: Decodable>(
    _ type: T.Type, _ value: JSONValue, _ codingPath: [any CodingKey]
  ) throws -> T {
    let direct: Any? =
      switch type {
      case is Int.Type: value.int ?? DecodingContext.integer(Int.self, value)
      case is Bool.Type: value.bool
      case is String.Type: value.string
      case is Double.Type: DecodingContext.double(value)
      case is Float.Type: DecodingContext.double(value).map { Float($0) }
      case is JSONValue.Type: value
      case let integer as any FixedWidthInteger.Type: DecodingContext.integer(integer, value)
      default: try type.init(from: ValueDecoder(value: value, codingPath: codingPath, self))
      }
    guard let result = direct as? T else {
      throw mismatch(type, value, codingPath, DecodingContext.expectation(type))
    }
    return result
  }

  func mismatch(
    _ type: Any.Type, _ value: JSONValue, _ codingPath: [any CodingKey], _ expected: String
  ) -> DecodingError {
    .typeMismatch(
      type,
      DecodingError.Context(
        codingPath: codingPath,
        debugDescription: "is \(value.kindInWords), expected is \(expected)"))
  }

  private static func expectation(_ type: Any.Type) -> String {
    switch type {
    case is Bool.Type: "true or false"
    case is String.Type: "a string"
    case is any FixedWidthInteger.Type: "a whole number"
    default: "a number"
    }
  }

  private static func double(_ value: JSONValue) -> Double? {
    if let number = value.double { return number }
    switch value.string {
    case "nan": return .nan
    case "inf": return .infinity
    case "-inf": return -.infinity
    default: return nil
    }
  }

  private static func integer<T: FixedWidthInteger>(_ type: T.Type, _ value: JSONValue) -> T? {
    if let number = value.int { return T(exactly: number) }
    return value.string.flatMap { T($0) }
  }
}

private struct ValueDecoder: Decoder {
  let value: JSONValue
  let codingPath: [any CodingKey]
  let context: DecodingContext
  var userInfo: [CodingUserInfoKey: Any] { context.userInfo }

  init(value: JSONValue, codingPath: [any CodingKey], _ context: DecodingContext) {
    self.value = value
    self.codingPath = codingPath
    self.context = context
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard let object = value.object else {
      throw context.mismatch(JSONObject.self, value, codingPath, "an object")
    }
    return KeyedDecodingContainer(
      KeyedValues(object: object, codingPath: codingPath, context: context))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard let values = value.array else {
      throw context.mismatch([JSONValue].self, value, codingPath, "an array")
    }
    return ListedValues(values: values, codingPath: codingPath, context: context)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer {
    SingleValue(value: value, codingPath: codingPath, context: context)
  }
}

private struct KeyedValues<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let object: JSONObject
  let codingPath: [any CodingKey]
  let context: DecodingContext

  var allKeys: [Key] { object.keys.compactMap(Key.init(stringValue:)) }

  func contains(_ key: Key) -> Bool {
    context.record(key, at: codingPath)
    return object[key.stringValue] != nil
  }

  private func value(_ key: any CodingKey) throws -> JSONValue {
    context.record(key, at: codingPath)
    guard let value = object[key.stringValue] else {
      throw DecodingError.keyNotFound(
        key, DecodingError.Context(codingPath: codingPath, debugDescription: "no such member"))
    }
    return value
  }

  func decodeNil(forKey key: Key) throws -> Bool { try value(key) == .null }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try context.decode(type, value(key), codingPath + [key])
  }

  private func decoder(_ key: any CodingKey) throws -> ValueDecoder {
    ValueDecoder(value: try value(key), codingPath: codingPath + [key], context)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> { try decoder(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try decoder(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try decoder(SuperKey()) }
  func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
}

private struct SuperKey: CodingKey {
  var stringValue: String { "super" }
  var intValue: Int? { nil }
  init() {}
  init?(stringValue: String) { nil }
  init?(intValue: Int) { nil }
}

private struct IndexKey: CodingKey {
  let index: Int
  var stringValue: String { "\(index)" }
  var intValue: Int? { index }
  init(_ index: Int) { self.index = index }
  init?(stringValue: String) { nil }
  init?(intValue: Int) { index = intValue }
}

private struct ListedValues: UnkeyedDecodingContainer {
  let values: [JSONValue]
  let codingPath: [any CodingKey]
  let context: DecodingContext
  var currentIndex = 0

  init(values: [JSONValue], codingPath: [any CodingKey], context: DecodingContext) {
    self.values = values
    self.codingPath = codingPath
    self.context = context
  }

  var count: Int? { values.count }
  var isAtEnd: Bool { currentIndex >= values.count }
  private var place: [any CodingKey] { codingPath + [IndexKey(currentIndex)] }

  private func current() throws -> JSONValue {
    guard values.indices.contains(currentIndex) else {
      throw DecodingError.valueNotFound(
        JSONValue.self,
        DecodingError.Context(
          codingPath: place, debugDescription: "is missing: the array has \(values.count) values"))
    }
    return values[currentIndex]
  }

  mutating func decodeNil() throws -> Bool {
    guard try current() == .null else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    let result = try context.decode(type, current(), place)
    currentIndex += 1
    return result
  }

  private mutating func next() throws -> ValueDecoder {
    let decoder = ValueDecoder(value: try current(), codingPath: place, context)
    currentIndex += 1
    return decoder
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> { try next().container(keyedBy: type) }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next().unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder { try next() }
}

private struct SingleValue: SingleValueDecodingContainer {
  let value: JSONValue
  let codingPath: [any CodingKey]
  let context: DecodingContext

  func decodeNil() -> Bool { value == .null }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try context.decode(type, value, codingPath)
  }
}
