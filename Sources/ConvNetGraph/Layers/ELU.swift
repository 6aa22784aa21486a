/// x where it is positive, else alpha (e^x - 1): PyTorch's `nn.ELU`.
public struct ELU: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let operation: ELUOperation

  /// An exponential linear unit.
  public init(alpha: Float = 1) {
    operation = ELUOperation(alpha: alpha)
  }

  /// x, or alpha (e^x - 1).
  public func forward(_ input: Value) -> Value { input.applying(operation) }
}
