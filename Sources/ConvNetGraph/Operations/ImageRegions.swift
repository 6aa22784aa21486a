/// The cells of the input that each output cell looks at: a list of rows per output row and of
/// columns per output column.
///
/// All poolings differ in these lists only: a window slides, adaptive pooling cuts the image into
/// parts, global pooling takes everything.
public struct ImageRegions: Hashable, Sendable {
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
  static func window(_ window: SlidingWindow, input: Size2D, output: Size2D) -> ImageRegions {
    func cells(
      _ output: Int, _ input: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ dilation: Int
    ) -> [[Int]] {
      (0..<output).map { position in
        (0..<kernel).map { position * stride - before + $0 * dilation }
          .filter { $0 >= 0 && $0 < input }
      }
    }
    let sides = window.sides(for: input)
    return ImageRegions(
      rows: cells(
        output.height, input.height, window.kernel.height, window.stride.height, sides.top,
        window.dilation.height),
      columns: cells(
        output.width, input.width, window.kernel.width, window.stride.width, sides.left,
        window.dilation.width), input: input)
  }

  /// The cells of PyTorch's adaptive pooling: output o covers floor(o * H / H_out) up to
  /// ceil((o + 1) * H / H_out).
  static func adaptive(input: Size2D, output: Size2D) -> ImageRegions {
    func cells(_ output: Int, _ input: Int) -> [[Int]] {
      (0..<output).map { position in
        Array(position * input / output..<((position + 1) * input + output - 1) / output)
      }
    }
    return ImageRegions(
      rows: cells(output.height, input.height), columns: cells(output.width, input.width),
      input: input)
  }

  /// All cells under the one output.
  static func global(input: Size2D) -> ImageRegions {
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
