/// What all poolings share: an image `[B, C, H, W]` shrinks along H and W, each channel by itself.
public protocol PoolingOperation: Operation {
  /// H and W of the output, or why the image does not fit.
  func outputSize(of input: Size2D) throws(ConvNetError) -> Size2D

  /// The cells under each output of an image that fits.
  func regions(input: Size2D, output: Size2D) -> ImageRegions
}

extension PoolingOperation {
  /// `[B, C, H_out, W_out]` for each output.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    try Arity.checkRank(inputs[0], Self.name, 4, layout: "[B, C, H, W]")
    let (x, size) = (inputs[0], try outputSize(of: inputs[0].imageSize))
    let shape = Shape([x[0], x[1], size.height, size.width])
    return [Shape](repeating: shape, count: outputCount)
  }

  func regions(inputs: [Shape], outputs: [Shape]) -> ImageRegions {
    regions(input: inputs[0].imageSize, output: outputs[0].imageSize)
  }
}

extension SlidingWindow {
  /// The number of positions of a pooling's window.
  ///
  /// - Throws: ``ConvNetError`` where the window does not fit, or where more than half of it can lie
  ///   in the padding (PyTorch's rule).
  func poolingOutputSize(of input: Size2D, _ operation: String) throws(ConvNetError) -> Size2D {
    let output = try outputSize(of: input)
    let sides = sides(for: input)
    for (axis, pad, kernel, dilation) in [
      ("H", max(sides.top, sides.bottom), kernel.height, dilation.height),
      ("W", max(sides.left, sides.right), kernel.width, dilation.width),
    ] {
      let reach = dilation * (kernel - 1) + 1
      guard 2 * pad <= reach else {
        throw ConvNetError(
          .invalidNetwork, "\(operation) cannot pad \(axis) with \(pad) for a window of \(reach)",
          reason: "2P = 2*\(pad) > D(K-1) + 1 = \(dilation)*\(kernel - 1) + 1: a window could lie "
            + "in the padding",
          advice: "use padding of at most \(reach / 2), half the window")
      }
    }
    return output
  }
}

extension Shape {
  /// H and W of `[B, C, H, W]`.
  var imageSize: Size2D { Size2D(height: dimensions[2], width: dimensions[3]) }
}

extension ImageRegions {
  /// A wanted output size that is possible.
  static func checkAdaptive(_ size: Size2D, _ operation: String) throws(ConvNetError) -> Size2D {
    guard size.height >= 1, size.width >= 1 else {
      throw ConvNetError(
        .invalidNetwork, "\(operation) cannot give an output of size \(size)",
        reason: "it must be at least 1 along both axes")
    }
    return size
  }
}
