/// The largest number under a sliding window: PyTorch's `nn.MaxPool2d`.
///
/// Input `[B, C, H, W]`, output `[B, C, H_out, W_out]`; `MaxPool2d(kernelSize: 2, stride: 2)` halves
/// the image.
public struct MaxPool2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let operation: MaxPool2dOperation

  /// A maximum pooling.
  ///
  /// - Parameters:
  ///   - kernelSize: the window: a number or ``Size2D``.
  ///   - stride: its step; the window's size where nil.
  ///   - padding: a number, ``Size2D``, ``Padding2D`` per side, or `.same`; at most half the window.
  ///   - dilation: distance between the window's cells.
  ///   - ceilMode: whether a last window that hangs over the edge counts.
  public init(
    kernelSize: some Size2DConvertible, stride: (any Size2DConvertible)? = nil,
    padding: some Padding2DConvertible = 0, dilation: some Size2DConvertible = 1,
    ceilMode: Bool = false
  ) {
    operation = MaxPool2dOperation(
      kernelSize: kernelSize.size2D, stride: stride?.size2D, padding: padding.padding2D,
      dilation: dilation.size2D, ceilMode: ceilMode)
  }

  /// The pooled image.
  public func forward(_ input: Value) -> Value { input.applying(operation) }
}
