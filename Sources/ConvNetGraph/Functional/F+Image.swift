extension F {
  /// Cells added around a value: PyTorch's `F.pad`.
  ///
  /// - Parameters:
  ///   - padding: the cells before and after, a pair per dimension from the last one on, as in
  ///     PyTorch: left, right, top, bottom.
  ///   - mode: what stands in them.
  ///   - value: the number of the constant mode.
  public static func pad(
    _ input: Value, _ padding: [Int], mode: PaddingMode = .constant, value: Float = 0
  ) -> Value {
    guard padding.count.isMultiple(of: 2) else {
      return input.failing(
        ConvNetError(
          .invalidNetwork, "pad cannot add \(padding) cells",
          reason: "each dimension needs two numbers, before and after"))
    }
    let pairs = stride(from: padding.count - 2, through: 0, by: -2)
    return input.applying(
      PadOperation(
        before: pairs.map { padding[$0] }, after: pairs.map { padding[$0 + 1] }, mode: mode,
        value: value))
  }

  /// An image resized to a size: PyTorch's `F.interpolate`.
  ///
  /// - Parameters:
  ///   - input: `[B, C, H, W]`.
  ///   - size: a number or ``Size2D``.
  ///   - mode: nearest or bilinear.
  ///   - alignCorners: whether the corner cells' centres fall on each other.
  public static func interpolate(
    _ input: Value, size: some Size2DConvertible, mode: ResizeOperation.Mode = .nearest,
    alignCorners: Bool = false
  ) -> Value {
    input.applying(ResizeOperation(.size(size.size2D), mode: mode, alignCorners: alignCorners))
  }

  /// An image resized by a factor: PyTorch's `F.interpolate`.
  ///
  /// - Parameters:
  ///   - input: `[B, C, H, W]`.
  ///   - scaleFactor: what H and W are multiplied by; the result is rounded down.
  ///   - mode: nearest or bilinear.
  ///   - alignCorners: whether the corner cells' centres fall on each other.
  public static func interpolate(
    _ input: Value, scaleFactor: Double, mode: ResizeOperation.Mode = .nearest,
    alignCorners: Bool = false
  ) -> Value {
    let target = ResizeOperation.Target.scale(height: scaleFactor, width: scaleFactor)
    return input.applying(ResizeOperation(target, mode: mode, alignCorners: alignCorners))
  }
}
