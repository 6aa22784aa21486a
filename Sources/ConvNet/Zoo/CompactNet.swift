public import ConvNetGraph

/// A small fast network for small grey pictures: the one that the demo trains.
///
/// Three stages of 3x3 convolution, batch norm and ReLU with 32, 64 and 128 channels, 2x2 pooling
/// between them, global average pooling, one linear layer. For 1x28x28 and 10 classes: 94,186
/// parameters and 7,452,416 multiply-adds, an eighth of ``PrimerNet``'s. Without biases before the
/// batch norms, where they would have no effect.
///
/// Input `[B, channels, H, W]` with H and W of at least 4, output `[B, classes]`.
public struct CompactNet: Module {
  let conv1: Conv2d
  let bn1 = BatchNorm2d(32)
  let relu1 = ReLU()
  let pool1 = MaxPool2d(kernelSize: 2, stride: 2)
  let conv2 = Conv2d(inChannels: 32, outChannels: 64, kernelSize: 3, padding: 1, bias: false)
  let bn2 = BatchNorm2d(64)
  let relu2 = ReLU()
  let pool2 = MaxPool2d(kernelSize: 2, stride: 2)
  let conv3 = Conv2d(inChannels: 64, outChannels: 128, kernelSize: 3, padding: 1, bias: false)
  let bn3 = BatchNorm2d(128)
  let relu3 = ReLU()
  let avgpool = GlobalAvgPool2d()
  let flatten = Flatten()
  let fc: Linear

  /// The network for images of so many channels and an answer of so many classes.
  public init(classes: Int = 10, channels: Int = 1) {
    conv1 = Conv2d(inChannels: channels, outChannels: 32, kernelSize: 3, padding: 1, bias: false)
    fc = Linear(inFeatures: 128, outFeatures: classes)
  }

  /// The score of each class.
  public func forward(_ x: Value) -> Value {
    var x = pool1(relu1(bn1(conv1(x))))
    x = pool2(relu2(bn2(conv2(x))))
    x = relu3(bn3(conv3(x)))
    return fc(flatten(avgpool(x)))
  }
}
