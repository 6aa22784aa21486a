public import ConvNetGraph

/// EfficientNet-Lite: EfficientNet without squeeze-and-excitation and with ReLU6, for plain processors.
///
/// State-dict names are those of the Python package efficientnet-lite-pytorch, so that the published
/// ImageNet checkpoints load. From the TensorFlow original come the padding (SAME: the odd cell at the
/// bottom and right) and batch norm's epsilon 0.001 and momentum 0.01. Pictures are 224x224 for Lite0,
/// 240x240 for Lite1 and 260x260 for Lite2, with colours x = (u8 - 127.5)/127.5.
///
/// Stochastic depth, which the original trains with, is left out. Weights start as in torchvision's
/// EfficientNet: Kaiming by fan-out.
///
/// Input `[B, channels, H, W]`, output `[B, classes]`. Source: Tan and Le, "EfficientNet: rethinking
/// model scaling for convolutional neural networks" (2019), and the `lite` folder of the original.
public struct EfficientNetLite: Module, ModuleContainer {
  /// The factors that tell one network of the family from another.
  public struct Scale: Hashable, Sendable {
    /// What the channels of all blocks are multiplied by, before they are rounded to eights.
    public var width: Double
    /// What the number of blocks of all stages but the first and last is multiplied by.
    public var depth: Double
    /// The share of features that is dropped before the linear layer while training.
    public var dropout: Float

    /// A network's factors.
    public init(width: Double, depth: Double, dropout: Float) {
      self.width = width
      self.depth = depth
      self.dropout = dropout
    }

    /// EfficientNet-Lite0, for 224x224.
    public static let lite0 = Scale(width: 1, depth: 1, dropout: 0.2)
    /// EfficientNet-Lite1, for 240x240.
    public static let lite1 = Scale(width: 1, depth: 1.1, dropout: 0.2)
    /// EfficientNet-Lite2, for 260x260.
    public static let lite2 = Scale(width: 1.1, depth: 1.2, dropout: 0.3)

    /// Scaled channels, to the nearest multiple of 8 that is not more than a tenth too small.
    func channels(_ count: Int) -> Int {
      let scaled = Double(count) * width
      let rounded = max(8, Int(scaled + 4) / 8 * 8)
      return Double(rounded) < 0.9 * scaled ? rounded + 8 : rounded
    }
  }

  let convStem: Conv2d
  let bn0 = batchNorm(32)
  let blocks: Sequential
  let convHead: Conv2d
  let bn1 = batchNorm(1280)
  let avgpool = GlobalAvgPool2d()
  let flatten = Flatten()
  let dropout: Dropout
  let fc: Linear

  /// The network of this scale.
  public init(_ scale: Scale, classes: Int = 1000, channels: Int = 3) {
    // EfficientNet-B0's table: kernel, stride, how much a block widens, its channels, how often.
    let stages: [(kernel: Int, stride: Int, expansion: Int, width: Int, count: Int)] = [
      (3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3),
      (5, 2, 6, 192, 4), (3, 1, 6, 320, 1),
    ]
    convStem = .kaimingFanOut(channels, 32, kernelSize: 3, stride: 2, padding: .same)
    var modules: [any Module] = []
    var inChannels = 32
    for (position, stage) in stages.enumerated() {
      let isEnd = position == 0 || position == stages.count - 1
      let count = isEnd ? stage.count : Int((Double(stage.count) * scale.depth).rounded(.up))
      let outChannels = scale.channels(stage.width)
      for block in 0..<count {
        modules.append(
          MBConvBlock(
            inChannels, outChannels, kernelSize: stage.kernel,
            stride: block == 0 ? stage.stride : 1, expansion: stage.expansion))
        inChannels = outChannels
      }
    }
    blocks = Sequential(modules)
    convHead = .kaimingFanOut(inChannels, 1280, kernelSize: 1, padding: .same)
    dropout = Dropout(scale.dropout)
    fc = Linear(
      inFeatures: 1280, outFeatures: classes,
      initializer: .uniform(bound: 1 / Float(max(classes, 1)).squareRoot()),
      biasInitializer: .constant(0))
  }

  /// The parts with the names that the checkpoints give them.
  public var namedChildren: [(name: String, module: any Module)] {
    [
      ("_conv_stem", convStem), ("_bn0", bn0), ("_blocks", blocks), ("_conv_head", convHead),
      ("_bn1", bn1), ("_avg_pooling", avgpool), ("_flatten", flatten), ("_dropout", dropout),
      ("_fc", fc),
    ]
  }

  /// The score of each class.
  public func forward(_ x: Value) -> Value {
    var x = F.relu6(bn0(convStem(x)))
    x = blocks(x)
    x = F.relu6(bn1(convHead(x)))
    return fc(dropout(flatten(avgpool(x))))
  }
}

/// Widen, depthwise convolution, narrow; the input is added where the shape allows it.
struct MBConvBlock: Module, ModuleContainer {
  let expandConv: Conv2d?
  let bn0: BatchNorm2d?
  let depthwiseConv: Conv2d
  let bn1: BatchNorm2d
  let projectConv: Conv2d
  let bn2: BatchNorm2d
  let hasShortcut: Bool

  init(_ inChannels: Int, _ outChannels: Int, kernelSize: Int, stride: Int, expansion: Int) {
    let width = inChannels * expansion
    expandConv =
      expansion == 1 ? nil : .kaimingFanOut(inChannels, width, kernelSize: 1, padding: .same)
    bn0 = expansion == 1 ? nil : batchNorm(width)
    depthwiseConv = .kaimingFanOut(
      width, width, kernelSize: kernelSize, stride: stride, padding: .same, groups: width)
    bn1 = batchNorm(width)
    projectConv = .kaimingFanOut(width, outChannels, kernelSize: 1, padding: .same)
    bn2 = batchNorm(outChannels)
    hasShortcut = stride == 1 && inChannels == outChannels
  }

  var namedChildren: [(name: String, module: any Module)] {
    var children: [(name: String, module: any Module)] = []
    if let expandConv { children.append(("_expand_conv", expandConv)) }
    if let bn0 { children.append(("_bn0", bn0)) }
    return children + [
      ("_depthwise_conv", depthwiseConv), ("_bn1", bn1), ("_project_conv", projectConv),
      ("_bn2", bn2),
    ]
  }

  func forward(_ x: Value) -> Value {
    var y = x
    if let expandConv, let bn0 { y = F.relu6(bn0(expandConv(y))) }
    y = F.relu6(bn1(depthwiseConv(y)))
    y = bn2(projectConv(y))
    return hasShortcut ? x + y : y
  }
}

private func batchNorm(_ channels: Int) -> BatchNorm2d {
  BatchNorm2d(channels, epsilon: 1e-3, momentum: 0.01)
}
