public import ConvNetGraph

/// LeNet-5, the network that read handwritten digits: two convolutions, three linear layers.
///
/// As it is usually written in PyTorch: ReLU, max pooling and full connections, where the paper had
/// a scaled tanh, trained subsampling and a hand-made connection table; a 28x28 picture is padded to
/// the paper's 32x32. 61,706 parameters for 1x28x28 and 10 classes.
///
/// Input `[B, channels, H, W]`, output `[B, classes]`; the first linear layer is made for one image
/// size. Source: LeCun et al., "Gradient-based learning applied to document recognition" (1998).
public struct LeNet5: Module {
  let conv1: Conv2d
  let relu1 = ReLU()
  let pool1 = MaxPool2d(kernelSize: 2, stride: 2)
  let conv2 = Conv2d(inChannels: 6, outChannels: 16, kernelSize: 5)
  let relu2 = ReLU()
  let pool2 = MaxPool2d(kernelSize: 2, stride: 2)
  let flatten = Flatten()
  let fc1: Linear
  let relu3 = ReLU()
  let fc2 = Linear(inFeatures: 120, outFeatures: 84)
  let relu4 = ReLU()
  let fc3: Linear

  /// The network for images of this size, so many channels, and an answer of so many classes.
  public init(classes: Int = 10, channels: Int = 1, size: some Size2DConvertible = 28) {
    let size = size.size2D
    // At least 1, so that a picture that is too small is reported by the layer that it does not fit.
    func pooled(_ length: Int) -> Int { max(1, (length / 2 - 4) / 2) }
    conv1 = Conv2d(inChannels: channels, outChannels: 6, kernelSize: 5, padding: 2)
    fc1 = Linear(inFeatures: 16 &* pooled(size.height) &* pooled(size.width), outFeatures: 120)
    fc3 = Linear(inFeatures: 84, outFeatures: classes)
  }

  /// The score of each class.
  public func forward(_ x: Value) -> Value {
    var x = pool1(relu1(conv1(x)))
    x = pool2(relu2(conv2(x)))
    x = relu3(fc1(flatten(x)))
    return fc3(relu4(fc2(x)))
  }
}
