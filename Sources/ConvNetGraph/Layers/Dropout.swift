/// Numbers set to 0 at random while training, the others enlarged by 1/(1-p):
/// PyTorch's `nn.Dropout`.
public struct Dropout: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  /// The share that is set to 0.
  public let p: Float

  /// A dropout with this probability.
  public init(_ p: Float = 0.5) {
    self.p = p
  }

  /// The input; the training form drops.
  public func forward(_ input: Value) -> Value { F.dropout(input, p: p) }
}
