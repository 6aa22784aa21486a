/// Adaptive maximum pooling: the image is cut into the wanted number of parts, and the largest number of
/// each stays.
///
/// Output row i covers the input rows floor(i * H / H_out) up to ceil((i + 1) * H / H_out), columns
/// likewise; parts overlap where the sizes do not divide. Inputs and outputs:
/// ``MaxPoolingOperation``. Source: PyTorch's `AdaptiveMaxPool2d` page.
public struct AdaptiveMaxPool2dOperation: MaxPoolingOperation {
  /// The field's name.
  public static let name = "AdaptiveMaxPool2d"
  /// H_out and W_out.
  public var outputSize: Size2D

  /// A pooling to this size.
  public init(outputSize: Size2D) {
    self.outputSize = outputSize
  }

  /// `o7`.
  public var details: String { "o\(outputSize)" }

  /// The wanted size.
  public func outputSize(of input: Size2D) throws(ConvNetError) -> Size2D {
    try ImageRegions.checkAdaptive(outputSize, Self.name)
  }

  /// The parts.
  public func regions(input: Size2D, output: Size2D) -> ImageRegions {
    .adaptive(input: input, output: output)
  }

  /// The parts of the image.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep {
    .regions(.adaptive(input: inputs[0].imageSize, output: outputSize))
  }
}
