public import ConvNetGraph

/// The small network that comes with the program, trained: what `convnet explain` looks into where no
/// other model is named.
///
/// Four 3x3 convolutions with bias, each followed by batch norm and ReLU as in the primer, with 16, 32,
/// 48 and 64 channels; 2x2 pooling behind the first two, global average pooling, one linear layer. For
/// 1x28x28 and 10 classes: 47,354 parameters and 3,048,832 multiply-adds. Small enough to be part of
/// the program, and every kernel of it fits on a page.
///
/// Input `[B, channels, H, W]` with H and W of at least 4, output `[B, classes]`.
public struct StarterNet: Module {
  let conv1: Conv2d
  let bn1 = BatchNorm2d(16)
  let relu1 = ReLU()
  let pool1 = MaxPool2d(kernelSize: 2, stride: 2)
  let conv2 = Conv2d(inChannels: 16, outChannels: 32, kernelSize: 3, padding: 1)
  let bn2 = BatchNorm2d(32)
  let relu2 = ReLU()
  let pool2 = MaxPool2d(kernelSize: 2, stride: 2)
  let conv3 = Conv2d(inChannels: 32, outChannels: 48, kernelSize: 3, padding: 1)
  let bn3 = BatchNorm2d(48)
  let relu3 = ReLU()
  let conv4 = Conv2d(inChannels: 48, outChannels: 64, kernelSize: 3, padding: 1)
  let bn4 = BatchNorm2d(64)
  let relu4 = ReLU()
  let avgpool = GlobalAvgPool2d()
  let flatten = Flatten()
  let fc: Linear

  /// The network for images of so many channels and an answer of so many classes.
  public init(classes: Int = 10, channels: Int = 1) {
    conv1 = Conv2d(inChannels: channels, outChannels: 16, kernelSize: 3, padding: 1)
    fc = Linear(inFeatures: 64, outFeatures: classes)
  }

  /// The score of each class.
  public func forward(_ x: Value) -> Value {
    var x = pool1(relu1(bn1(conv1(x))))
    x = pool2(relu2(bn2(conv2(x))))
    x = relu3(bn3(conv3(x)))
    x = relu4(bn4(conv4(x)))
    return fc(flatten(avgpool(x)))
  }
}
