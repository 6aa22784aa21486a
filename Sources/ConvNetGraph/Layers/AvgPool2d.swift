/// The mean under a sliding window: PyTorch's `nn.AvgPool2d`.
///
/// Input `[B, C, H, W]`, output `[B, C, H_out, W_out]`.
public struct AvgPool2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let operation: AvgPool2dOperation

  /// An average pooling.
  ///
  /// - Parameters:
  ///   - kernelSize: the window: a number or ``Size2D``.
  ///   - stride: its step; the window's size where nil.
  ///   - padding: a number, ``Size2D``, ``Padding2D`` per side, or `.same`; at most half the window.
  ///   - ceilMode: whether a last window that hangs over the edge counts.
  ///   - countIncludePad: whether cells of the padding count in the divisor.
  ///   - divisorOverride: what every sum is divided by instead.
  public init(
    kernelSize: some Size2DConvertible, stride: (any Size2DConvertible)? = nil,
    padding: some Padding2DConvertible = 0, ceilMode: Bool = false, countIncludePad: Bool = true,
    divisorOverride: Int? = nil
  ) {
    operation = AvgPool2dOperation(
      kernelSize: kernelSize.size2D, stride: stride?.size2D, padding: padding.padding2D,
      ceilMode: ceilMode, countIncludePad: countIncludePad, divisorOverride: divisorOverride)
  }

  /// The pooled image.
  public func forward(_ input: Value) -> Value { input.applying(operation) }
}
