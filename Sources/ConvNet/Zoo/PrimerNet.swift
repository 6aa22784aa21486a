public import ConvNetGraph

/// The network of the introduction: four blocks of convolution, batch norm and ReLU.
///
/// ```
/// [3, 32, 32] ─ conv1 bn1 relu1 ─ pool1 ─ conv2 bn2 relu2 ─ pool2 ─ … ─ conv4 bn4 relu4 ─ average ─ fc
///               64 x 32 x 32    64 x 16 x 16                           512 x 4 x 4     512     10
/// ```
/// Every convolution is 3x3 with padding 1, so only the 2x2 pooling between the blocks changes the
/// size; the channels go 64, 128, 256, 512. For 3x32x32 and 10 classes: 1,558,026 parameters and
/// 58,397,696 multiply-adds. The convolutions keep PyTorch's default of a bias, although the batch
/// norm behind them makes it redundant; that is 960 of the parameters.
///
/// Input `[B, channels, H, W]` with H and W of at least 8, output `[B, classes]`.
public struct PrimerNet: Module {
  let conv1: Conv2d
  let bn1 = BatchNorm2d(64)
  let relu1 = ReLU()
  let pool1 = MaxPool2d(kernelSize: 2, stride: 2)
  let conv2 = Conv2d(inChannels: 64, outChannels: 128, kernelSize: 3, stride: 1, padding: 1)
  let bn2 = BatchNorm2d(128)
  let relu2 = ReLU()
  let pool2 = MaxPool2d(kernelSize: 2, stride: 2)
  let conv3 = Conv2d(inChannels: 128, outChannels: 256, kernelSize: 3, stride: 1, padding: 1)
  let bn3 = BatchNorm2d(256)
  let relu3 = ReLU()
  let pool3 = MaxPool2d(kernelSize: 2, stride: 2)
  let conv4 = Conv2d(inChannels: 256, outChannels: 512, kernelSize: 3, stride: 1, padding: 1)
  let bn4 = BatchNorm2d(512)
  let relu4 = ReLU()
  let avgpool = GlobalAvgPool2d()
  let flatten = Flatten()
  let fc: Linear

  /// The network for images of so many channels and an answer of so many classes.
  public init(classes: Int = 10, channels: Int = 3) {
    conv1 = Conv2d(inChannels: channels, outChannels: 64, kernelSize: 3, stride: 1, padding: 1)
    fc = Linear(inFeatures: 512, outFeatures: classes)
  }

  /// The score of each class.
  public func forward(_ x: Value) -> Value {
    var x = pool1(relu1(bn1(conv1(x))))
    x = pool2(relu2(bn2(conv2(x))))
    x = pool3(relu3(bn3(conv3(x))))
    x = relu4(bn4(conv4(x)))
    return fc(flatten(avgpool(x)))
  }
}
