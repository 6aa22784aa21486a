/// Average pooling with a sliding window: the mean response of each neighbourhood.
///
///     y[b, c, i, j] = sum over u, v of x[b, c, i*S + u - P, j*S + v - P] / divisor
///
/// Cells of the padding count as 0. The divisor is the number of the window's cells: with
/// `countIncludePad` those in the image and its padding, else those in the image; `divisorOverride`
/// replaces it. Sizes by ``SlidingWindow``. Source: PyTorch's `AvgPool2d` page.
public struct AvgPool2dOperation: AveragePoolingOperation {
  /// The field's name.
  public static let name = "AvgPool2d"
  /// The window's size K.
  public var kernelSize: Size2D
  /// The step S.
  public var stride: Size2D
  /// The padding P, at most half the window.
  public var padding: Padding2D
  /// Whether a last window that hangs over the edge counts.
  public var ceilMode: Bool
  /// Whether cells of the padding count in the divisor.
  public var countIncludePad: Bool
  /// What every sum is divided by, where it is not the number of cells.
  public var divisorOverride: Int?

  /// A pooling with these attributes; the stride is the window's size where nil.
  public init(
    kernelSize: Size2D, stride: Size2D? = nil, padding: Padding2D = 0.padding2D,
    ceilMode: Bool = false, countIncludePad: Bool = true, divisorOverride: Int? = nil
  ) {
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding
    self.ceilMode = ceilMode
    self.countIncludePad = countIncludePad
    self.divisorOverride = divisorOverride
  }

  /// `k2 s2 p0`.
  public var details: String { "k\(kernelSize) s\(stride) p\(padding)" }

  /// The window that slides.
  public var window: SlidingWindow {
    SlidingWindow(kernel: kernelSize, stride: stride, padding: padding, ceilMode: ceilMode)
  }

  /// The number of the window's positions.
  public func outputSize(of input: Size2D) throws(ConvNetError) -> Size2D {
    guard divisorOverride != 0 else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot divide by divisorOverride 0",
        advice: "leave divisorOverride out to divide by the number of cells")
    }
    return try window.poolingOutputSize(of: input, Self.name)
  }

  /// The cells under the window.
  public func regions(input: Size2D, output: Size2D) -> ImageRegions {
    .window(window, input: input, output: output)
  }

  /// The number of cells that count, or the override.
  public func divisor(row: Int, column: Int, regions: ImageRegions) -> Int {
    if let divisorOverride { return divisorOverride }
    guard countIncludePad else {
      return regions.rows[row].count * regions.columns[column].count
    }
    // A window of ceilMode can hang over the padding too; that part never counts.
    let sides = window.sides(for: regions.input)
    func cells(_ start: Int, _ kernel: Int, _ end: Int) -> Int { min(start + kernel, end) - start }
    return cells(
      row * stride.height - sides.top, kernelSize.height, regions.input.height + sides.bottom)
      * cells(
        column * stride.width - sides.left, kernelSize.width, regions.input.width + sides.right)
  }

  /// The sliding window.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .window(window) }
}
