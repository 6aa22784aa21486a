internal import ConvNetGraph

extension Conv2d {
  /// A convolution that starts as torchvision's image networks do: weights normally distributed with
  /// variance 2/(outChannels * K * K), PyTorch's `kaiming_normal_(mode="fan_out")`.
  static func kaimingFanOut(
    _ inChannels: Int, _ outChannels: Int, kernelSize: Int, stride: Int = 1,
    padding: some Padding2DConvertible = 0, groups: Int = 1
  ) -> Conv2d {
    Conv2d(
      inChannels: inChannels, outChannels: outChannels, kernelSize: kernelSize, stride: stride,
      padding: padding, groups: groups, bias: false,
      initializer: .kaimingNormal(fan: outChannels &* kernelSize &* kernelSize))
  }
}
