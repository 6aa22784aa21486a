/// The members of a JSON object: names, each once, with values, in order.
public struct JSONObject: Hashable, Sendable {
  /// A name with its value.
  public struct Member: Hashable, Sendable {
    /// The name.
    public let key: String
    /// The value.
    public var value: JSONValue

    /// A name with its value.
    public init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// The members in order.
  public private(set) var members: [Member] = []
  /// Positions by name, kept only for objects large enough to need it: most objects of a file are
  /// tiny, and a dictionary for each would cost more than the file.
  private var positions: [String: Int] = [:]

  private static let indexedFrom = 17

  /// An object without members.
  public init() {}

  /// The number of members.
  public var count: Int { members.count }

  /// The names in order.
  public var keys: [String] { members.map(\.key) }

  /// The value under a name; setting it to nil removes the member, a new name goes to the end.
  public subscript(key: String) -> JSONValue? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?): members[position].value = value
      case (nil, let value?): _ = append(key, value)
      case (let position?, nil):
        members.remove(at: position)
        rebuildPositions()
      case (nil, nil): break
      }
    }
  }

  /// Appends a member and says whether its name was new; an old one is left as it is.
  mutating func append(_ key: String, _ value: JSONValue) -> Bool {
    guard position(of: key) == nil else { return false }
    members.append(Member(key: key, value: value))
    if members.count == JSONObject.indexedFrom {
      rebuildPositions()
    } else if members.count > JSONObject.indexedFrom {
      positions[key] = members.count - 1
    }
    return true
  }

  private func position(of key: String) -> Int? {
    members.count < JSONObject.indexedFrom
      ? members.firstIndex { $0.key == key } : positions[key]
  }

  private mutating func rebuildPositions() {
    positions.removeAll()
    guard members.count >= JSONObject.indexedFrom else { return }
    for (index, member) in members.enumerated() { positions[member.key] = index }
  }

  /// Whether two objects have the same members, in whatever order.
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
  }

  /// Hashes the members independently of their order.
  public func hash(into hasher: inout Hasher) {
    var combined = 0
    for member in members { combined ^= member.hashValue }
    hasher.combine(combined)
  }
}
