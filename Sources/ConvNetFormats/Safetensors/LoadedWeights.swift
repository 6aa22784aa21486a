public import ConvNetGraph

/// What a weights file held: named tensors, the file's own remarks, and ours.
public struct LoadedWeights: Sendable {
  /// The tensors in the file's order.
  public var weights = Weights()
  /// The text that the file carries beside the tensors.
  public var metadata: [String: String] = [:]
  /// What the user should know: numbers that did not fit Float32, entries that were passed over.
  public var notes: [String] = []

  /// An empty set.
  public init() {}
}
