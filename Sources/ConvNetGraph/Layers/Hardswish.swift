/// x min(max(x + 3, 0), 6) / 6 as a layer: PyTorch's `nn.Hardswish`.
public struct Hardswish: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()

  /// A Swish of straight lines.
  public init() {}

  /// x min(max(x + 3, 0), 6) / 6.
  public func forward(_ input: Value) -> Value { F.hardswish(input) }
}
