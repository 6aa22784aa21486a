/// An image made larger or smaller as a layer: PyTorch's `nn.Upsample`.
///
/// Input `[B, C, H, W]`, output `[B, C, H_out, W_out]`, see ``ResizeOperation``.
public struct Upsample: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let operation: ResizeOperation

  /// A resize to a size: a number or ``Size2D``.
  public init(
    size: some Size2DConvertible, mode: ResizeOperation.Mode = .nearest, alignCorners: Bool = false
  ) {
    operation = ResizeOperation(.size(size.size2D), mode: mode, alignCorners: alignCorners)
  }

  /// A resize by a factor.
  public init(
    scaleFactor: Double, mode: ResizeOperation.Mode = .nearest, alignCorners: Bool = false
  ) {
    operation = ResizeOperation(
      .scale(height: scaleFactor, width: scaleFactor), mode: mode, alignCorners: alignCorners)
  }

  /// The resized image.
  public func forward(_ input: Value) -> Value { input.applying(operation) }
}
