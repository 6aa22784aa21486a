internal import ConvNetGraph

/// A picture that was passed over because it cannot be read.
public struct UnreadablePicture: Hashable, Sendable, Codable {
  /// Where it comes from: a path, or a number in a file.
  public var name: String
  /// What is wrong with it.
  public var reason: String

  /// A picture and what is wrong with it.
  public init(name: String, reason: String) {
    self.name = name
    self.reason = reason
  }

  init(name: String, _ error: ConvNetError) {
    self.init(name: name, reason: error.summary)
  }
}
