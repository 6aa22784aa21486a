public import ConvNetGraph

/// What a weights file held: named tensors in order, the file's own remarks, and ours.
public struct LoadedTensors: Sendable {
  /// The tensors in the file's order, each name once.
  public var tensors: [(name: String, tensor: Tensor)] = []
  /// The text that the file carries beside the tensors.
  public var metadata: [String: String] = [:]
  /// What the user should know: numbers that did not fit Float32, entries that were passed over.
  public var notes: [String] = []

  /// An empty set.
  public init() {}

  /// The tensor of a name, or nil.
  public subscript(name: String) -> Tensor? {
    tensors.first { $0.name == name }?.tensor
  }
}
