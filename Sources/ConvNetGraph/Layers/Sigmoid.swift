/// 1 / (1 + e^-x) as a layer: PyTorch's `nn.Sigmoid`.
public struct Sigmoid: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()

  /// A logistic function.
  public init() {}

  /// 1 / (1 + e^-x).
  public func forward(_ input: Value) -> Value { F.sigmoid(input) }
}
