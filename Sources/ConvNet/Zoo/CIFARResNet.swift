public import ConvNetGraph

/// The ResNets of the paper's CIFAR-10 section: three stages of 16, 32 and 64 channels, 6n + 2 layers.
///
/// Where sizes differ the shortcut has no parameters (option A): every second pixel, and channels of
/// zeros on both sides. State-dict names and initialisation are those of the repository
/// akamaster/pytorch_resnet_cifar10, so its checkpoints load: ResNet-20 has 269,722 parameters.
///
/// Input `[B, channels, H, W]`, output `[B, classes]`. Source: He et al., "Deep residual learning for
/// image recognition" (2015), section 4.2.
public struct CIFARResNet: Module {
  let conv1: Conv2d
  let bn1 = BatchNorm2d(16)
  let relu = ReLU()
  let layer1: Sequential
  let layer2: Sequential
  let layer3: Sequential
  let avgpool = GlobalAvgPool2d()
  let flatten = Flatten()
  let linear: Linear

  /// A network of `blocksPerStage` blocks in each stage: 3 for ResNet-20, 5, 7, 9 for -32, -44, -56.
  public init(blocksPerStage: Int, classes: Int = 10, channels: Int = 3) {
    func stage(_ inChannels: Int, _ width: Int, stride: Int) -> Sequential {
      Sequential(
        (0..<max(blocksPerStage, 0)).map { block in
          CIFARBlock(block == 0 ? inChannels : width, width, stride: block == 0 ? stride : 1)
        })
    }
    conv1 = .kaimingFanIn(channels, 16, stride: 1)
    layer1 = stage(16, 16, stride: 1)
    layer2 = stage(16, 32, stride: 2)
    layer3 = stage(32, 64, stride: 2)
    linear = Linear(inFeatures: 64, outFeatures: classes, initializer: .kaimingNormal(fan: 64))
  }

  /// The score of each class.
  public func forward(_ x: Value) -> Value {
    let x = layer3(layer2(layer1(relu(bn1(conv1(x))))))
    return linear(flatten(avgpool(x)))
  }
}

/// Two 3x3 convolutions around which the input is added, with a shortcut that has no parameters.
struct CIFARBlock: Module {
  let conv1: Conv2d
  let bn1: BatchNorm2d
  let conv2: Conv2d
  let bn2: BatchNorm2d
  let stride: Int
  let addedChannels: Int

  init(_ inChannels: Int, _ width: Int, stride: Int) {
    conv1 = .kaimingFanIn(inChannels, width, stride: stride)
    bn1 = BatchNorm2d(width)
    conv2 = .kaimingFanIn(width, width, stride: 1)
    bn2 = BatchNorm2d(width)
    self.stride = stride
    addedChannels = width - inChannels
  }

  func forward(_ x: Value) -> Value {
    let y = bn2(conv2(F.relu(bn1(conv1(x)))))
    return F.relu(y + shortcut(x))
  }

  private func shortcut(_ x: Value) -> Value {
    guard stride != 1 || addedChannels != 0 else { return x }
    // Every second pixel: a window of one pixel.
    let picked = F.maxPool2d(x, kernelSize: 1, stride: stride)
    let before = addedChannels / 2
    return F.pad(picked, [0, 0, 0, 0, before, addedChannels - before])
  }
}

extension Conv2d {
  /// A 3x3 convolution that starts with Kaiming's normal initialisation by fan-in.
  fileprivate static func kaimingFanIn(
    _ inChannels: Int, _ outChannels: Int, stride: Int
  ) -> Conv2d {
    Conv2d(
      inChannels: inChannels, outChannels: outChannels, kernelSize: 3, stride: stride, padding: 1,
      bias: false, initializer: .kaimingNormal(fan: inChannels &* 9))
  }
}
