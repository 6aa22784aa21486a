/// The size formula of everything that slides a window: floor((H + 2P - D(K-1) - 1)/S) + 1.
///
/// It stands here once; convolution, transposed convolution and pooling use it, and every error
/// about it quotes it with its numbers. Source: Dumoulin and Visin, "A guide to convolution
/// arithmetic for deep learning" (2016), and PyTorch's `Conv2d` page.
public struct SlidingWindow: Hashable, Sendable {
  /// The window's size K.
  public var kernel: Size2D
  /// The step S.
  public var stride: Size2D
  /// The padding P of each side.
  public var padding: Padding2D
  /// The distance D between the window's cells.
  public var dilation: Size2D
  /// Whether a last window that hangs over the edge counts (pooling's `ceilMode`).
  public var ceilMode: Bool

  /// A window from its numbers.
  public init(
    kernel: Size2D, stride: Size2D, padding: Padding2D, dilation: Size2D = Size2D(1),
    ceilMode: Bool = false
  ) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.ceilMode = ceilMode
  }

  /// The number of positions along H and W.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidNetwork` where a number is out of range or the
  ///   window does not fit, with the formula and its numbers.
  public func outputSize(of input: Size2D) throws(ConvNetError) -> Size2D {
    try checkNumbers()
    let sides = sides(for: input)
    return Size2D(
      height: try positions(
        axis: "H", size: input.height, kernel: kernel.height, stride: stride.height,
        before: sides.top, after: sides.bottom, dilation: dilation.height),
      width: try positions(
        axis: "W", size: input.width, kernel: kernel.width, stride: stride.width,
        before: sides.left, after: sides.right, dilation: dilation.width))
  }

  /// The padding of each side for an input of this size.
  public func sides(for input: Size2D) -> Padding2D.Sides {
    padding.resolved(input: input, kernel: kernel, stride: stride, dilation: dilation)
  }

  /// Kernel, stride and dilation are at least 1, padding at least 0, and all are small enough to be
  /// multiplied.
  func checkNumbers() throws(ConvNetError) {
    let limit = Int(Int32.max) >> 8
    for (name, size, least) in [
      ("kernel size", kernel, 1), ("stride", stride, 1), ("dilation", dilation, 1),
    ] {
      guard size.height >= least, size.width >= least, size.height <= limit, size.width <= limit
      else {
        throw ConvNetError(
          .invalidNetwork, "\(name) \(size) is not possible",
          reason: "it must be at least \(least) along both axes")
      }
    }
    guard case .sides(let top, let bottom, let left, let right) = padding else { return }
    guard [top, bottom, left, right].allSatisfy({ (0...limit).contains($0) }) else {
      throw ConvNetError(
        .invalidNetwork, "padding \(padding) is not possible",
        reason: "it must be 0 or more on every side")
    }
  }

  private func positions(
    axis: String, size: Int, kernel: Int, stride: Int, before: Int, after: Int, dilation: Int
  ) throws(ConvNetError) -> Int {
    let (reach, overflow) = dilation.multipliedReportingOverflow(by: kernel - 1)
    let room = overflow ? -1 : size + before + after - reach - 1
    guard room >= 0 else {
      let padded = before == after ? "2*\(before)" : "(\(before) + \(after))"
      let missing = overflow ? 0 : (-room + 1) / 2
      throw ConvNetError(
        .invalidNetwork,
        "kernel \(kernel) does not fit: \(axis) + 2P = \(size) + \(padded) < D(K-1) + 1 = "
          + "\(dilation)*\(kernel - 1) + 1",
        reason: "floor((\(size) + \(padded) - \(dilation)*\(kernel - 1) - 1)/\(stride)) + 1 < 1",
        advice: "add padding of at least \(before + missing), use a larger image, or remove a "
          + "layer that shrinks it")
    }
    guard ceilMode else { return room / stride + 1 }
    // PyTorch: the last window must start inside the image or its padding before it.
    let rounded = (room + stride - 1) / stride + 1
    return (rounded - 1) * stride >= size + before ? rounded - 1 : rounded
  }
}
