/// Global maximum pooling: the largest number of each channel, whatever the image's size.
///
/// Inputs and outputs: ``MaxPoolingOperation``, with H_out = W_out = 1. It is an operation of its own, so
/// that a network infers again for another image size.
public struct GlobalMaxPool2dOperation: MaxPoolingOperation {
  /// The field's name.
  public static let name = "GlobalMaxPool2d"

  /// A pooling over the whole image.
  public init() {}

  /// 1x1.
  public func outputSize(of input: Size2D) throws(ConvNetError) -> Size2D { Size2D(1) }

  /// All cells.
  public func regions(input: Size2D, output: Size2D) -> ImageRegions { .global(input: input) }

  /// The whole image.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .global }
}
