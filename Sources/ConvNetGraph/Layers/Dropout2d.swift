/// Whole channels set to 0 at random while training, the others enlarged by 1/(1-p):
/// PyTorch's `nn.Dropout2d`.
public struct Dropout2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  /// The share that is set to 0.
  public let p: Float

  /// A dropout with this probability.
  public init(_ p: Float = 0.5) {
    self.p = p
  }

  /// The input; the training form drops.
  public func forward(_ input: Value) -> Value { F.dropout2d(input, p: p) }
}
