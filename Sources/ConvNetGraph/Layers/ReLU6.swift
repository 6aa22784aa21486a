/// min(max(0, x), 6) as a layer: PyTorch's `nn.ReLU6`.
public struct ReLU6: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()

  /// A clip to 0...6.
  public init() {}

  /// min(max(0, x), 6).
  public func forward(_ input: Value) -> Value { F.relu6(input) }
}
