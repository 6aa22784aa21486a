/// x where it is positive, else x times a learned slope: PyTorch's `nn.PReLU`.
///
/// Parameter: `weight` `[numParameters]`, 0.25 at the start.
public struct PReLU: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  /// The slopes.
  public let weight: Parameter

  /// A unit with its own slopes.
  ///
  /// - Parameters:
  ///   - numParameters: the input's channels, or 1 for one slope for all.
  ///   - initial: the slope at the start.
  public init(numParameters: Int = 1, initial: Float = 0.25) {
    weight = Parameter([numParameters], .constant(initial))
  }

  /// x, or x times its slope.
  public func forward(_ input: Value) -> Value {
    F.prelu(input, weight: input.parameter(weight))
  }
}
