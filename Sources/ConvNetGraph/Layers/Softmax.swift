/// Shares along a dimension that add up to 1: PyTorch's `nn.Softmax`.
public struct Softmax: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let operation: SoftmaxOperation

  /// Shares along one dimension.
  public init(dim: Int) {
    operation = SoftmaxOperation(dim: dim)
  }

  /// The shares.
  public func forward(_ input: Value) -> Value { input.applying(operation) }
}
