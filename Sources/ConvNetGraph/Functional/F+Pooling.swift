extension F {
  /// The largest number under a sliding window: PyTorch's `F.max_pool2d`.
  ///
  /// - Parameter stride: the window's size where nil.
  public static func maxPool2d(
    _ input: Value, kernelSize: some Size2DConvertible, stride: (any Size2DConvertible)? = nil,
    padding: some Padding2DConvertible = 0, dilation: some Size2DConvertible = 1,
    ceilMode: Bool = false
  ) -> Value {
    input.applying(
      MaxPool2dOperation(
        kernelSize: kernelSize.size2D, stride: stride?.size2D, padding: padding.padding2D,
        dilation: dilation.size2D, ceilMode: ceilMode))
  }

  /// The largest number under a sliding window, and where it is: PyTorch's
  /// `F.max_pool2d(..., return_indices=True)`.
  public static func maxPool2dWithIndices(
    _ input: Value, kernelSize: some Size2DConvertible, stride: (any Size2DConvertible)? = nil,
    padding: some Padding2DConvertible = 0, dilation: some Size2DConvertible = 1,
    ceilMode: Bool = false
  ) -> (output: Value, indices: Value) {
    let operation = MaxPool2dOperation(
      kernelSize: kernelSize.size2D, stride: stride?.size2D, padding: padding.padding2D,
      dilation: dilation.size2D, ceilMode: ceilMode)
    let outputs = Value.apply(operation, to: [input])
    return (output: outputs[0], indices: outputs[1])
  }

  /// The mean under a sliding window: PyTorch's `F.avg_pool2d`.
  ///
  /// - Parameter stride: the window's size where nil.
  public static func avgPool2d(
    _ input: Value, kernelSize: some Size2DConvertible, stride: (any Size2DConvertible)? = nil,
    padding: some Padding2DConvertible = 0, ceilMode: Bool = false, countIncludePad: Bool = true,
    divisorOverride: Int? = nil
  ) -> Value {
    input.applying(
      AvgPool2dOperation(
        kernelSize: kernelSize.size2D, stride: stride?.size2D, padding: padding.padding2D,
        ceilMode: ceilMode, countIncludePad: countIncludePad, divisorOverride: divisorOverride))
  }

  /// The mean of each channel, `[B, C, 1, 1]`: global average pooling.
  public static func globalAvgPool2d(_ input: Value) -> Value {
    input.applying(GlobalAvgPool2dOperation())
  }

  /// The largest number of each channel, `[B, C, 1, 1]`: global maximum pooling.
  public static func globalMaxPool2d(_ input: Value) -> Value {
    input.applying(GlobalMaxPool2dOperation())
  }

  /// The means of equal parts of the image: PyTorch's `F.adaptive_avg_pool2d`.
  public static func adaptiveAvgPool2d(
    _ input: Value, outputSize: some Size2DConvertible
  ) -> Value {
    input.applying(AdaptiveAvgPool2dOperation(outputSize: outputSize.size2D))
  }

  /// The largest numbers of equal parts of the image: PyTorch's `F.adaptive_max_pool2d`.
  public static func adaptiveMaxPool2d(
    _ input: Value, outputSize: some Size2DConvertible
  ) -> Value {
    input.applying(AdaptiveMaxPool2dOperation(outputSize: outputSize.size2D))
  }
}
