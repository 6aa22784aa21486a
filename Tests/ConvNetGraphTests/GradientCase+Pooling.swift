import ConvNetGraph

extension GradientCase {
  static let pooling: [GradientCase] = [
    GradientCase(
      MaxPool2dOperation.self, "halves", input: [2, 2, 4, 6], layer: MaxPool2d(kernelSize: 2)),
    GradientCase(
      MaxPool2dOperation.self, "overlapping, padded", input: [1, 3, 5, 7],
      layer: MaxPool2d(kernelSize: 3, stride: 2, padding: 1)),
    GradientCase(
      MaxPool2dOperation.self, "dilation, ceil mode", input: [1, 2, 7, 6],
      layer: MaxPool2d(
        kernelSize: Size2D(height: 2, width: 3), stride: 3, padding: 1,
        dilation: Size2D(height: 2, width: 1), ceilMode: true)),
    GradientCase(
      AvgPool2dOperation.self, "halves", input: [2, 2, 4, 5], layer: AvgPool2d(kernelSize: 2)),
    GradientCase(
      AvgPool2dOperation.self, "padding counts", input: [1, 2, 5, 6],
      layer: AvgPool2d(kernelSize: 3, stride: 2, padding: 1, ceilMode: true)),
    GradientCase(
      AvgPool2dOperation.self, "padding does not count", input: [1, 2, 6, 5],
      layer: AvgPool2d(kernelSize: 3, stride: 2, padding: 1, countIncludePad: false)),
    GradientCase(
      AvgPool2dOperation.self, "own divisor, uneven padding", input: [1, 2, 5, 5],
      layer: AvgPool2d(
        kernelSize: 3, stride: 2, padding: Padding2D.sides(top: 0, bottom: 1, left: 1, right: 0),
        divisorOverride: 5)),
    GradientCase(
      GlobalAvgPool2dOperation.self, "of an image", input: [2, 3, 3, 5], layer: GlobalAvgPool2d()),
    GradientCase(
      GlobalMaxPool2dOperation.self, "of an image", input: [2, 3, 3, 5], layer: GlobalMaxPool2d()),
    GradientCase(
      AdaptiveAvgPool2dOperation.self, "sizes that do not divide", input: [2, 2, 7, 5],
      layer: AdaptiveAvgPool2d(Size2D(height: 3, width: 2))),
    GradientCase(
      AdaptiveAvgPool2dOperation.self, "more outputs than inputs", input: [1, 2, 2, 3],
      layer: AdaptiveAvgPool2d(5)),
    GradientCase(
      AdaptiveMaxPool2dOperation.self, "sizes that do not divide", input: [2, 2, 7, 5],
      layer: AdaptiveMaxPool2d(Size2D(height: 3, width: 2))),
  ]
}
