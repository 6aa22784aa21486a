public import ConvNetGraph

/// MobileNetV2: blocks that widen by 1x1, look around by depthwise 3x3, and narrow again by 1x1.
///
/// State-dict names, initialisation and numbers are torchvision's, for width 1.0. Input `[B, channels,
/// H, W]`, output `[B, classes]`. Source: Sandler et al., "MobileNetV2: inverted residuals and linear
/// bottlenecks" (2018).
public struct MobileNetV2: Module {
  let features: Sequential
  let avgpool = GlobalAvgPool2d()
  let flatten = Flatten()
  let classifier: Sequential

  /// The network for images of so many channels and an answer of so many classes.
  public init(classes: Int = 1000, channels: Int = 3) {
    // The paper's table 2: how much a block widens, its channels, how often it comes, its stride.
    let stages: [(expansion: Int, width: Int, count: Int, stride: Int)] = [
      (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
      (6, 320, 1, 1),
    ]
    var modules: [any Module] = [
      convolutionNormReLU6(channels, 32, kernelSize: 3, stride: 2)
    ]
    var inChannels = 32
    for stage in stages {
      for block in 0..<stage.count {
        modules.append(
          InvertedResidual(
            inChannels, stage.width, stride: block == 0 ? stage.stride : 1,
            expansion: stage.expansion))
        inChannels = stage.width
      }
    }
    modules.append(convolutionNormReLU6(inChannels, 1280, kernelSize: 1))
    features = Sequential(modules)
    classifier = Sequential {
      Dropout(0.2)
      Linear(
        inFeatures: 1280, outFeatures: classes, initializer: .normal(standardDeviation: 0.01),
        biasInitializer: .constant(0))
    }
  }

  /// The score of each class.
  public func forward(_ x: Value) -> Value {
    classifier(flatten(avgpool(features(x))))
  }
}

/// Widen, depthwise convolution, narrow; the input is added where the shape allows it.
struct InvertedResidual: Module {
  let conv: Sequential
  let hasShortcut: Bool

  init(_ inChannels: Int, _ outChannels: Int, stride: Int, expansion: Int) {
    let width = inChannels * expansion
    hasShortcut = stride == 1 && inChannels == outChannels
    conv = Sequential {
      if expansion != 1 {
        convolutionNormReLU6(inChannels, width, kernelSize: 1)
      }
      convolutionNormReLU6(width, width, kernelSize: 3, stride: stride, groups: width)
      Conv2d.kaimingFanOut(width, outChannels, kernelSize: 1)
      BatchNorm2d(outChannels)
    }
  }

  func forward(_ x: Value) -> Value {
    hasShortcut ? x + conv(x) : conv(x)
  }
}

/// torchvision's `Conv2dNormActivation` with ReLU6.
private func convolutionNormReLU6(
  _ inChannels: Int, _ outChannels: Int, kernelSize: Int, stride: Int = 1, groups: Int = 1
) -> Sequential {
  Sequential {
    Conv2d.kaimingFanOut(
      inChannels, outChannels, kernelSize: kernelSize, stride: stride,
      padding: (kernelSize - 1) / 2, groups: groups)
    BatchNorm2d(outChannels)
    ReLU6()
  }
}
