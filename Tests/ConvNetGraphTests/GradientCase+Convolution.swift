import ConvNetGraph

extension GradientCase {
  static let convolution: [GradientCase] = [
    GradientCase(
      Conv2dOperation.self, "3x3, padding 1", input: [2, 3, 5, 4],
      layer: Conv2d(inChannels: 3, outChannels: 4, kernelSize: 3, padding: 1)),
    GradientCase(
      Conv2dOperation.self, "2x3, stride 2x1, no bias", input: [1, 2, 5, 7],
      layer: Conv2d(
        inChannels: 2, outChannels: 3, kernelSize: Size2D(height: 2, width: 3),
        stride: Size2D(height: 2, width: 1), bias: false)),
    GradientCase(
      Conv2dOperation.self, "groups, dilation, uneven padding", input: [2, 4, 6, 5],
      layer: Conv2d(
        inChannels: 4, outChannels: 6, kernelSize: 2, stride: 3,
        padding: Padding2D.sides(top: 0, bottom: 2, left: 1, right: 3), dilation: 2, groups: 2)),
    GradientCase(
      Conv2dOperation.self, "depthwise, same", input: [1, 3, 5, 6],
      layer: Conv2d(
        inChannels: 3, outChannels: 3, kernelSize: 4, stride: 2, padding: .same, groups: 3)),
    GradientCase(
      ConvTranspose2dOperation.self, "doubles", input: [2, 3, 3, 2],
      layer: ConvTranspose2d(inChannels: 3, outChannels: 2, kernelSize: 2, stride: 2)),
    GradientCase(
      ConvTranspose2dOperation.self, "output padding", input: [1, 2, 3, 4],
      layer: ConvTranspose2d(
        inChannels: 2, outChannels: 3, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1)),
    GradientCase(
      ConvTranspose2dOperation.self, "groups, dilation, no bias", input: [2, 4, 3, 3],
      layer: ConvTranspose2d(
        inChannels: 4, outChannels: 6, kernelSize: Size2D(height: 2, width: 3), stride: 3,
        padding: Padding2D.sides(top: 0, bottom: 2, left: 1, right: 0), dilation: 2, groups: 2,
        bias: false)),
    GradientCase(
      ConvTranspose2dOperation.self, "output padding above stride and padding",
      input: [1, 2, 3, 3],
      layer: ConvTranspose2d(
        inChannels: 2, outChannels: 2, kernelSize: 2, padding: 1,
        outputPadding: Size2D(height: 2, width: 1), dilation: 3)),
    GradientCase(
      ConvTranspose2dOperation.self, "same, kernel smaller than stride", input: [1, 1, 2, 3],
      layer: ConvTranspose2d(
        inChannels: 1, outChannels: 2, kernelSize: Size2D(height: 2, width: 5), stride: 3,
        padding: .same)),
  ]
}
