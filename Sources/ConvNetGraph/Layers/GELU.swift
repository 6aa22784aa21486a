/// x times the share of a normal distribution below x: PyTorch's `nn.GELU`.
public struct GELU: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let operation: GELUOperation

  /// A Gaussian error linear unit.
  public init(approximate: GELUOperation.Approximation = .none) {
    operation = GELUOperation(approximate: approximate)
  }

  /// x times the share below x.
  public func forward(_ input: Value) -> Value { input.applying(operation) }
}
