public import ConvNetGraph

extension Model {
  /// A network of the zoo with new numbers.
  ///
  /// ```swift
  /// let model = try Model(zoo: "resnet18", classes: 10, size: 64)
  /// ```
  ///
  /// - Parameters:
  ///   - name: one of ``Zoo/names``.
  ///   - classes: the length of the answer; the network's own where nil.
  ///   - channels: the picture's channels; the network's own where nil.
  ///   - size: the picture's height and width in pixels; the network's own where nil.
  ///   - seed: another seed gives other first numbers.
  ///   - labels: the names of the classes in the order of the scores.
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` for an unknown name, with the nearest one, or
  ///   of kind `invalidNetwork` where the picture is too small for the network.
  public init(
    zoo name: String, classes: Int? = nil, channels: Int? = nil,
    size: (any Size2DConvertible)? = nil, seed: UInt64 = 0, labels: [String] = []
  ) throws(ConvNetError) {
    let entry = try Zoo.entry(name)
    let size = size?.size2D ?? Size2D(height: entry.input[1], width: entry.input[2])
    let channels = channels ?? entry.input[0]
    let net = try entry.make(classes: classes, channels: channels, size: size)
    try self.init(net, input: [channels, size.height, size.width], seed: seed, labels: labels)
    architecture = name
  }

  /// What the network consists of and costs: layers, shapes, parameters, multiply-adds, receptive
  /// fields, for one input.
  public func summary() -> ModelSummary { ModelSummary(graph) }
}
