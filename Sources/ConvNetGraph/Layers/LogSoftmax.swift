/// The logarithms of shares along a dimension: PyTorch's `nn.LogSoftmax`.
public struct LogSoftmax: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let operation: LogSoftmaxOperation

  /// Logarithms of shares along one dimension.
  public init(dim: Int) {
    operation = LogSoftmaxOperation(dim: dim)
  }

  /// The logarithms of the shares.
  public func forward(_ input: Value) -> Value { input.applying(operation) }
}
