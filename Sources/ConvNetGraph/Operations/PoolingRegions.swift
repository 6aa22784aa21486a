/// The cells of the input that each output of a pooling covers: a list of rows per output row and of
/// columns per output column.
///
/// All poolings differ in these lists only: a window slides, adaptive pooling cuts the image into
/// parts, global pooling takes everything.
public struct PoolingRegions: Hashable, Sendable {
  /// The input rows under each output row.
  public let rows: [[Int]]
  /// The input columns under each output column.
  public let columns: [[Int]]
  /// H and W of the input.
  public let input: Size2D

  /// Regions from their rows and columns, which lie inside the input.
  public init(rows: [[Int]], columns: [[Int]], input: Size2D) {
    self.rows = rows
    self.columns = columns
    self.input = input
  }

  /// The cells under a sliding window; cells of the padding are left out.
  static func window(_ window: SlidingWindow, input: Size2D, output: Size2D) -> PoolingRegions {
    func cells(
      _ output: Int, _ input: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ dilation: Int
    ) -> [[Int]] {
      (0..<output).map { position in
        (0..<kernel).map { position * stride - before + $0 * dilation }
          .filter { $0 >= 0 && $0 < input }
      }
    }
    let sides = window.sides(for: input)
    return PoolingRegions(
      rows: cells(
        output.height, input.height, window.kernel.height, window.stride.height, sides.top,
        window.dilation.height),
      columns: cells(
        output.width, input.width, window.kernel.width, window.stride.width, sides.left,
        window.dilation.width), input: input)
  }

  /// The cells of PyTorch's adaptive pooling: output o covers floor(o * H / H_out) up to
  /// ceil((o + 1) * H / H_out).
  static func adaptive(input: Size2D, output: Size2D) -> PoolingRegions {
    func cells(_ output: Int, _ input: Int) -> [[Int]] {
      (0..<output).map { position in
        Array(position * input / output..<((position + 1) * input + output - 1) / output)
      }
    }
    return PoolingRegions(
      rows: cells(output.height, input.height), columns: cells(output.width, input.width),
      input: input)
  }

  /// A wanted output size that is possible.
  static func checkAdaptive(_ size: Size2D, _ operation: String) throws(ConvNetError) -> Size2D {
    guard size.height >= 1, size.width >= 1 else {
      throw ConvNetError(
        .invalidNetwork, "\(operation) cannot give an output of size \(size)",
        reason: "it must be at least 1 along both axes")
    }
    return size
  }

  /// All cells under the one output.
  static func global(input: Size2D) -> PoolingRegions {
    adaptive(input: input, output: Size2D(1))
  }

  /// Calls `body` once per output number of `images` images (batch times channels) with its index,
  /// the index of its image's first cell, and a function that visits its cells by their index inside
  /// the image.
  @inline(__always)
  func forEachOutput(
    images: Int, _ body: (_ output: Int, _ start: Int, _ cells: ((Int) -> Void) -> Void) -> Void
  ) {
    var output = 0
    for image in 0..<images {
      for row in rows {
        for column in columns {
          body(output, image * input.height * input.width) { visit in
            for i in row {
              for j in column { visit(i * input.width + j) }
            }
          }
          output += 1
        }
      }
    }
  }
}

/// What all poolings share: an image `[B, C, H, W]` shrinks along H and W, each channel by itself.
public protocol PoolingOperation: Operation {
  /// H and W of the output, or why the image does not fit.
  func outputSize(of input: Size2D) throws(ConvNetError) -> Size2D

  /// The cells under each output of an image that fits.
  func regions(input: Size2D, output: Size2D) -> PoolingRegions
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

  func regions(inputs: [Shape], outputs: [Shape]) -> PoolingRegions {
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
