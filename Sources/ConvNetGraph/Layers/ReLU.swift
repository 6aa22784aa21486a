/// max(0, x) as a layer: PyTorch's `nn.ReLU`.
public struct ReLU: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()

  /// A rectified linear unit.
  public init() {}

  /// max(0, x).
  public func forward(_ input: Value) -> Value { F.relu(input) }
}
