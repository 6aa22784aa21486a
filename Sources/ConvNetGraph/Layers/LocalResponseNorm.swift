/// Division by the responses of neighbouring channels: PyTorch's `nn.LocalResponseNorm`.
///
/// Input and output `[B, C, ...]`.
public struct LocalResponseNorm: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let operation: LocalResponseNormOperation

  /// A local response normalisation.
  ///
  /// - Parameters:
  ///   - size: the number of channels looked at.
  ///   - alpha: the weight of their mean square.
  ///   - beta: the power.
  ///   - k: what is added to the mean square.
  public init(_ size: Int, alpha: Float = 1e-4, beta: Float = 0.75, k: Float = 1) {
    operation = LocalResponseNormOperation(size: size, alpha: alpha, beta: beta, k: k)
  }

  /// The normalised image.
  public func forward(_ input: Value) -> Value { input.applying(operation) }
}
