/// The mean of each of a number of equal parts of the image: PyTorch's
/// `nn.AdaptiveAvgPool2d`.
///
/// Input `[B, C, H, W]`, output `[B, C, H_out, W_out]`.
public struct AdaptiveAvgPool2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let operation: AdaptiveAvgPool2dOperation

  /// An adaptive average pooling to `outputSize`, a number or ``Size2D``.
  public init(_ outputSize: some Size2DConvertible) {
    operation = AdaptiveAvgPool2dOperation(outputSize: outputSize.size2D)
  }

  /// The pooled image.
  public func forward(_ input: Value) -> Value { input.applying(operation) }
}
