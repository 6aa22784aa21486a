/// Maximum pooling with a sliding window: the strongest response of each neighbourhood stays.
///
///     y[b, c, i, j] = max over u, v of x[b, c, i*S + u*D - P, j*S + v*D - P]
///
/// Cells of the padding never win. Inputs and outputs: ``MaxPoolingOperation``, sizes by
/// ``SlidingWindow``. Source: PyTorch's `MaxPool2d` page.
public struct MaxPool2dOperation: MaxPoolingOperation {
  /// The field's name.
  public static let name = "MaxPool2d"
  /// The window's size K.
  public var kernelSize: Size2D
  /// The step S.
  public var stride: Size2D
  /// The padding P, at most half the window.
  public var padding: Padding2D
  /// The distance D between the window's cells.
  public var dilation: Size2D
  /// Whether a last window that hangs over the edge counts.
  public var ceilMode: Bool

  /// A pooling with these attributes; the stride is the window's size where nil.
  public init(
    kernelSize: Size2D, stride: Size2D? = nil, padding: Padding2D = 0.padding2D,
    dilation: Size2D = Size2D(1), ceilMode: Bool = false
  ) {
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding
    self.dilation = dilation
    self.ceilMode = ceilMode
  }

  /// `k2 s2 p0`, with dilation where it is not 1.
  public var details: String {
    let text = "k\(kernelSize) s\(stride) p\(padding)"
    return dilation == Size2D(1) ? text : text + " d\(dilation)"
  }

  /// The window that slides.
  public var window: SlidingWindow {
    SlidingWindow(
      kernel: kernelSize, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode)
  }

  /// The number of the window's positions.
  public func outputSize(of input: Size2D) throws(ConvNetError) -> Size2D {
    try window.poolingOutputSize(of: input, Self.name)
  }

  /// The cells under the window.
  public func regions(input: Size2D, output: Size2D) -> ImageRegions {
    .window(window, input: input, output: output)
  }

  /// The sliding window.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .window(window) }
}
