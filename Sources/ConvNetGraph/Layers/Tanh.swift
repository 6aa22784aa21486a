/// tanh(x) as a layer: PyTorch's `nn.Tanh`.
public struct Tanh: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()

  /// A hyperbolic tangent.
  public init() {}

  /// tanh(x).
  public func forward(_ input: Value) -> Value { F.tanh(input) }
}
