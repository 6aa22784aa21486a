/// min(max(x + 3, 0), 6) / 6 as a layer: PyTorch's `nn.Hardsigmoid`.
public struct Hardsigmoid: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()

  /// A sigmoid of straight lines.
  public init() {}

  /// min(max(x + 3, 0), 6) / 6.
  public func forward(_ input: Value) -> Value { F.hardsigmoid(input) }
}
