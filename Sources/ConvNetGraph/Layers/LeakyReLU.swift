/// x where it is positive, else a small multiple of it: PyTorch's `nn.LeakyReLU`.
public struct LeakyReLU: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let operation: LeakyReLUOperation

  /// A leaky unit with this slope.
  public init(negativeSlope: Float = 0.01) {
    operation = LeakyReLUOperation(negativeSlope: negativeSlope)
  }

  /// x, or x times the slope.
  public func forward(_ input: Value) -> Value { input.applying(operation) }
}
