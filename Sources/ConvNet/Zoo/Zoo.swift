public import ConvNetGraph
internal import ConvNetText

/// Networks by name.
///
/// ```swift
/// let net = try Zoo.make("resnet18", classes: 10, channels: 1)
/// let graph = try Graph(net, input: [1, 28, 28])
/// ```
public enum Zoo {
  /// A network that has a name.
  public struct Entry: Sendable {
    /// How it is asked for: `resnet18`.
    public let name: String
    /// What it is, in one line.
    public let summary: String
    /// The image that it was made for, `[C, H, W]`.
    public let input: Shape
    /// The number of classes that it was made for.
    public let classes: Int
    private let build: @Sendable (_ classes: Int, _ channels: Int, _ size: Size2D) -> any Module

    init(
      _ name: String, _ summary: String, input: Shape, classes: Int,
      build: @escaping @Sendable (_ classes: Int, _ channels: Int, _ size: Size2D) -> any Module
    ) {
      self.name = name
      self.summary = summary
      self.input = input
      self.classes = classes
      self.build = build
    }

    /// The network, for its own or another number of classes, channels and pixels.
    ///
    /// - Parameters:
    ///   - classes: the length of the answer.
    ///   - channels: the image's channels, 1 for grey.
    ///   - size: the image's height and width. Only `lenet5` is made for one size; the others accept
    ///     any that leaves a pixel behind their last pooling.
    /// - Throws: ``ConvNetError`` of kind `invalidArgument` where a number is out of range.
    public func make(
      classes: Int? = nil, channels: Int? = nil, size: Size2D? = nil
    ) throws(ConvNetError) -> any Module {
      let size = size ?? Size2D(height: input[1], width: input[2])
      let classes = classes ?? self.classes
      let channels = channels ?? input[0]
      try check("a number of classes of", classes)
      try check("a number of channels of", channels)
      try check("an image height of", size.height)
      try check("an image width of", size.width)
      return build(classes, channels, size)
    }

    private func check(_ what: String, _ number: Int) throws(ConvNetError) {
      guard (1...Zoo.limit).contains(number) else {
        throw ConvNetError(
          .invalidArgument, "network '\(name)': \(what) \(number) is not possible",
          reason: "it must be in 1...\(Zoo.limit)")
      }
    }
  }

  /// The largest number of classes, channels, or pixels along one side.
  static let limit = 1 << 20

  /// The names of all networks.
  public static var names: [String] { all.map(\.name) }

  /// The network of a name.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` with the nearest name and the whole list.
  public static func entry(_ name: String) throws(ConvNetError) -> Entry {
    guard let entry = all.first(where: { $0.name == name }) else {
      throw ConvNetError(
        .invalidArgument,
        "unknown network '\(name)'\(Suggestion.question(for: name, in: names))",
        advice: "the networks are: " + names.joined(separator: ", "))
    }
    return entry
  }

  /// The network of a name, for its own or another number of classes, channels and pixels.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` for an unknown name or a number that is out
  ///   of range.
  public static func make(
    _ name: String, classes: Int? = nil, channels: Int? = nil, size: Size2D? = nil
  ) throws(ConvNetError) -> any Module {
    try entry(name).make(classes: classes, channels: channels, size: size)
  }
}
