/// The largest number of each of a number of equal parts of the image: PyTorch's
/// `nn.AdaptiveMaxPool2d`.
///
/// Input `[B, C, H, W]`, output `[B, C, H_out, W_out]`.
public struct AdaptiveMaxPool2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let operation: AdaptiveMaxPool2dOperation

  /// An adaptive maximum pooling to `outputSize`, a number or ``Size2D``.
  public init(_ outputSize: some Size2DConvertible) {
    operation = AdaptiveMaxPool2dOperation(outputSize: outputSize.size2D)
  }

  /// The pooled image.
  public func forward(_ input: Value) -> Value { input.applying(operation) }
}
