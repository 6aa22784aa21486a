public import ConvNetGraph

/// ResNet: blocks that add what they find to what they got, so that depth does no harm.
///
/// State-dict names, initialisation and numbers are torchvision's (its version 1.5, with the stride in
/// the bottleneck's 3x3 convolution). Input `[B, channels, H, W]`, output `[B, classes]`. Source: He et
/// al., "Deep residual learning for image recognition" (2015).
public struct ResNet: Module {
  /// How a picture enters.
  public enum Stem: Sendable {
    /// For 224x224: a 7x7 convolution of stride 2 and 3x3 max pooling of stride 2; a quarter of the
    /// size is left.
    case imageNet
    /// For 32x32: a 3x3 convolution of stride 1 and no pooling.
    case small
  }

  let conv1: Conv2d
  let bn1 = BatchNorm2d(64)
  let relu = ReLU()
  let maxpool: MaxPool2d?
  let layer1: Sequential
  let layer2: Sequential
  let layer3: Sequential
  let layer4: Sequential
  let avgpool = GlobalAvgPool2d()
  let flatten = Flatten()
  let fc: Linear

  /// ResNet-18: two basic blocks per stage.
  public static func resnet18(
    stem: Stem = .imageNet, classes: Int = 1000, channels: Int = 3
  ) -> ResNet {
    ResNet([2, 2, 2, 2], bottleneck: false, stem: stem, classes: classes, channels: channels)
  }

  /// ResNet-34: three, four, six and three basic blocks.
  public static func resnet34(
    stem: Stem = .imageNet, classes: Int = 1000, channels: Int = 3
  ) -> ResNet {
    ResNet([3, 4, 6, 3], bottleneck: false, stem: stem, classes: classes, channels: channels)
  }

  /// ResNet-50: three, four, six and three bottleneck blocks.
  public static func resnet50(
    stem: Stem = .imageNet, classes: Int = 1000, channels: Int = 3
  ) -> ResNet {
    ResNet([3, 4, 6, 3], bottleneck: true, stem: stem, classes: classes, channels: channels)
  }

  /// ResNet-101: three, four, twenty-three and three bottleneck blocks.
  public static func resnet101(
    stem: Stem = .imageNet, classes: Int = 1000, channels: Int = 3
  ) -> ResNet {
    ResNet([3, 4, 23, 3], bottleneck: true, stem: stem, classes: classes, channels: channels)
  }

  private init(_ blocks: [Int], bottleneck: Bool, stem: Stem, classes: Int, channels: Int) {
    switch stem {
    case .imageNet:
      conv1 = .kaimingFanOut(channels, 64, kernelSize: 7, stride: 2, padding: 3)
      maxpool = MaxPool2d(kernelSize: 3, stride: 2, padding: 1)
    case .small:
      conv1 = .kaimingFanOut(channels, 64, kernelSize: 3, padding: 1)
      maxpool = nil
    }
    let expansion = bottleneck ? Bottleneck.expansion : 1
    let stages = zip([64, 128, 256, 512], blocks).enumerated().map { position, stage in
      let (width, count) = stage
      return Sequential(
        (0..<count).map { block -> any Module in
          let isFirst = block == 0
          let inChannels =
            isFirst ? (position == 0 ? 64 : width / 2 * expansion) : width * expansion
          let stride = isFirst && position > 0 ? 2 : 1
          return bottleneck
            ? Bottleneck(inChannels, width: width, stride: stride)
            : BasicBlock(inChannels, width: width, stride: stride)
        })
    }
    (layer1, layer2, layer3, layer4) = (stages[0], stages[1], stages[2], stages[3])
    fc = Linear(inFeatures: 512 * expansion, outFeatures: classes)
  }

  /// The score of each class.
  public func forward(_ x: Value) -> Value {
    var x = relu(bn1(conv1(x)))
    if let maxpool { x = maxpool(x) }
    x = layer4(layer3(layer2(layer1(x))))
    return fc(flatten(avgpool(x)))
  }
}

/// Two 3x3 convolutions around which the input is added: the block of ResNet-18 and -34.
struct BasicBlock: Module {
  let conv1: Conv2d
  let bn1: BatchNorm2d
  let conv2: Conv2d
  let bn2: BatchNorm2d
  let downsample: Sequential?

  init(_ inChannels: Int, width: Int, stride: Int) {
    conv1 = .kaimingFanOut(inChannels, width, kernelSize: 3, stride: stride, padding: 1)
    bn1 = BatchNorm2d(width)
    conv2 = .kaimingFanOut(width, width, kernelSize: 3, padding: 1)
    bn2 = BatchNorm2d(width)
    downsample = projection(inChannels, width, stride: stride)
  }

  func forward(_ x: Value) -> Value {
    let y = bn2(conv2(F.relu(bn1(conv1(x)))))
    return F.relu(y + (downsample.map { $0(x) } ?? x))
  }
}

/// A 3x3 convolution between two 1x1 ones that narrow and widen: the block of the deeper ResNets.
struct Bottleneck: Module {
  /// The output's channels per channel of the 3x3 convolution.
  static let expansion = 4

  let conv1: Conv2d
  let bn1: BatchNorm2d
  let conv2: Conv2d
  let bn2: BatchNorm2d
  let conv3: Conv2d
  let bn3: BatchNorm2d
  let downsample: Sequential?

  init(_ inChannels: Int, width: Int, stride: Int) {
    let outChannels = width * Bottleneck.expansion
    conv1 = .kaimingFanOut(inChannels, width, kernelSize: 1)
    bn1 = BatchNorm2d(width)
    conv2 = .kaimingFanOut(width, width, kernelSize: 3, stride: stride, padding: 1)
    bn2 = BatchNorm2d(width)
    conv3 = .kaimingFanOut(width, outChannels, kernelSize: 1)
    bn3 = BatchNorm2d(outChannels)
    downsample = projection(inChannels, outChannels, stride: stride)
  }

  func forward(_ x: Value) -> Value {
    var y = F.relu(bn1(conv1(x)))
    y = F.relu(bn2(conv2(y)))
    y = bn3(conv3(y))
    return F.relu(y + (downsample.map { $0(x) } ?? x))
  }
}

/// The shortcut where sizes differ: a 1x1 convolution of the same stride (option B of the paper).
private func projection(_ inChannels: Int, _ outChannels: Int, stride: Int) -> Sequential? {
  guard stride != 1 || inChannels != outChannels else { return nil }
  return Sequential {
    Conv2d.kaimingFanOut(inChannels, outChannels, kernelSize: 1, stride: stride)
    BatchNorm2d(outChannels)
  }
}
