/// ln(1 + e^(beta x)) / beta: PyTorch's `nn.Softplus`.
public struct Softplus: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let operation: SoftplusOperation

  /// A smooth ReLU.
  public init(beta: Float = 1, threshold: Float = 20) {
    operation = SoftplusOperation(beta: beta, threshold: threshold)
  }

  /// ln(1 + e^(beta x)) / beta.
  public func forward(_ input: Value) -> Value { input.applying(operation) }
}
