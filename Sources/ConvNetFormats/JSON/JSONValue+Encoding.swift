public import ConvNetGraph

extension JSONValue {
  /// The JSON form of a value that can be coded.
  ///
  /// Numbers that JSON has no form for are written as the texts `inf`, `-inf` and `nan`, and whole
  /// numbers beyond 64 signed bits as text; ``decode(_:name:rejectsUnknownKeys:userInfo:)`` reads both.
  ///
  /// - Throws: ``ConvNetError`` of kind `internal` where the value itself fails to be coded.
  public init(encoding value: some Encodable) throws(ConvNetError) {
    let node = Node()
    do {
      try value.encode(to: NodeEncoder(node: node, codingPath: []))
    } catch let error as ConvNetError {
      throw error
    } catch {
      throw ConvNetError(.internal, "\(type(of: value)) cannot be written as JSON: \(error)")
    }
    self = node.value
  }
}

/// A place in the tree that is being built.
private final class Node {
  private enum Content {
    case nothing
    case value(JSONValue)
    case array([Node])
    case object([(key: String, node: Node)])
  }
  private var content = Content.nothing

  var value: JSONValue {
    switch content {
    case .nothing: return [:]
    case .value(let value): return value
    case .array(let nodes): return .array(nodes.map(\.value))
    case .object(let members):
      var object = JSONObject()
      for (key, node) in members { object[key] = node.value }
      return .object(object)
    }
  }

  func set(_ value: JSONValue) { content = .value(value) }
  func makeArray() { if case .nothing = content { content = .array([]) } }
  func makeObject() { if case .nothing = content { content = .object([]) } }

  func append() -> Node {
    let node = Node()
    if case .array(var nodes) = content {
      // The content lets go of the array first, so that appending does not copy it.
      content = .nothing
      nodes.append(node)
      content = .array(nodes)
    }
    return node
  }

  func child(_ key: String) -> Node {
    let node = Node()
    if case .object(var members) = content {
      content = .nothing
      members.append((key: key, node: node))
      content = .object(members)
    }
    return node
  }

  var count: Int {
    if case .array(let nodes) = content { return nodes.count }
    return 0
  }
}

private struct NodeEncoder: Encoder {
  let node: Node
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.makeObject()
    return KeyedEncodingContainer(KeyedNode(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.makeArray()
    return ListNode(node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    SingleNode(node: node, codingPath: codingPath)
  }
}

extension Node {
  /// Writes a value; the types that JSON knows are written directly.
  func encode(_ value: some Encodable, _ codingPath: [any CodingKey]) throws {
    switch value {
    case let value as Bool: set(.bool(value))
    case let value as String: set(.string(value))
    case let value as Double: set(Node.number(value))
    // The shortest text that gives the same Float back: 0.1 and not 0.10000000149011612.
    case let value as Float: set(Node.number(Double("\(value)") ?? Double(value)))
    case let value as any BinaryInteger:
      set(Int(exactly: value).map(JSONValue.integer) ?? .string("\(value)"))
    case let value as JSONValue: set(value)
    default: try value.encode(to: NodeEncoder(node: self, codingPath: codingPath))
    }
  }

  private static func number(_ value: Double) -> JSONValue {
    if value.isFinite { return .number(value) }
    return .string(value.isNaN ? "nan" : value > 0 ? "inf" : "-inf")
  }
}

private struct KeyedNode<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: Node
  let codingPath: [any CodingKey]

  mutating func encodeNil(forKey key: Key) { node.child(key.stringValue).set(.null) }

  mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    try node.child(key.stringValue).encode(value, codingPath + [key])
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    NodeEncoder(node: node.child(key.stringValue), codingPath: codingPath + [key])
      .container(keyedBy: keyType)
  }

  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    NodeEncoder(node: node.child(key.stringValue), codingPath: codingPath + [key])
      .unkeyedContainer()
  }

  mutating func superEncoder() -> any Encoder {
    NodeEncoder(node: node.child("super"), codingPath: codingPath)
  }

  mutating func superEncoder(forKey key: Key) -> any Encoder {
    NodeEncoder(node: node.child(key.stringValue), codingPath: codingPath + [key])
  }
}

private struct ListNode: UnkeyedEncodingContainer {
  let node: Node
  let codingPath: [any CodingKey]
  var count: Int { node.count }

  mutating func encodeNil() { node.append().set(.null) }

  mutating func encode<T: Encodable>(_ value: T) throws {
    try node.append().encode(value, codingPath)
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> {
    NodeEncoder(node: node.append(), codingPath: codingPath).container(keyedBy: keyType)
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    NodeEncoder(node: node.append(), codingPath: codingPath).unkeyedContainer()
  }

  mutating func superEncoder() -> any Encoder {
    NodeEncoder(node: node.append(), codingPath: codingPath)
  }
}

private struct SingleNode: SingleValueEncodingContainer {
  let node: Node
  let codingPath: [any CodingKey]

  mutating func encodeNil() { node.set(.null) }
  mutating func encode<T: Encodable>(_ value: T) throws { try node.encode(value, codingPath) }
}
