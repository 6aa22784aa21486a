/// x / (1 + e^-x) as a layer: PyTorch's `nn.SiLU`.
public struct SiLU: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()

  /// A sigmoid linear unit.
  public init() {}

  /// x / (1 + e^-x).
  public func forward(_ input: Value) -> Value { F.silu(input) }
}
