public import ConvNetGraph

/// VGG: nothing but 3x3 convolutions and 2x2 pooling, deeper and deeper.
///
/// State-dict names, initialisation and numbers are torchvision's. Input `[B, channels, H, W]` with H
/// and W of at least 32, output `[B, classes]`. Source: Simonyan and Zisserman, "Very deep
/// convolutional networks for large-scale image recognition" (2014).
public struct VGG: Module {
  /// The number of layers with weights; it names the network.
  public enum Depth: Int, Sendable, CaseIterable {
    /// Eight convolutions: configuration A of the paper.
    case eleven = 11
    /// Ten convolutions: configuration B.
    case thirteen = 13
    /// Thirteen convolutions: configuration D.
    case sixteen = 16
    /// Sixteen convolutions: configuration E.
    case nineteen = 19

    /// The convolutions of each of the five stages.
    var convolutions: [Int] {
      switch self {
      case .eleven: [1, 1, 2, 2, 2]
      case .thirteen: [2, 2, 2, 2, 2]
      case .sixteen: [2, 2, 3, 3, 3]
      case .nineteen: [2, 2, 4, 4, 4]
      }
    }
  }

  /// What follows the convolutions.
  public enum Head: Sendable {
    /// torchvision's: average pooling to 7x7, three linear layers of 4096, 4096 and `classes`, with
    /// dropout between them.
    case threeLinear
    /// For small pictures: the average of each channel and one linear layer. On 32x32 inputs the
    /// convolutions leave one pixel of 512 channels. 9,231,114 parameters for VGG-11 with batch norm
    /// and 10 classes, instead of 128,807,306.
    case oneLinear
  }

  let features: Sequential
  let avgpool: any Module
  let flatten = Flatten()
  let classifier: any Module

  /// A VGG of one of the paper's depths.
  public init(
    _ depth: Depth, batchNorm: Bool = false, head: Head = .threeLinear, classes: Int = 1000,
    channels: Int = 3
  ) {
    var modules: [any Module] = []
    var inChannels = channels
    for (width, convolutions) in zip([64, 128, 256, 512, 512], depth.convolutions) {
      for _ in 0..<convolutions {
        modules.append(
          Conv2d(
            inChannels: inChannels, outChannels: width, kernelSize: 3, padding: 1,
            initializer: .kaimingNormal(fan: width * 9), biasInitializer: .constant(0)))
        if batchNorm { modules.append(BatchNorm2d(width)) }
        modules.append(ReLU())
        inChannels = width
      }
      modules.append(MaxPool2d(kernelSize: 2, stride: 2))
    }
    features = Sequential(modules)
    switch head {
    case .threeLinear:
      avgpool = AdaptiveAvgPool2d(7)
      classifier = Sequential {
        VGG.linear(512 * 7 * 7, 4096)
        ReLU()
        Dropout(0.5)
        VGG.linear(4096, 4096)
        ReLU()
        Dropout(0.5)
        VGG.linear(4096, classes)
      }
    case .oneLinear:
      avgpool = GlobalAvgPool2d()
      classifier = VGG.linear(512, classes)
    }
  }

  /// The score of each class.
  public func forward(_ x: Value) -> Value {
    classifier(flatten(avgpool(features(x))))
  }

  private static func linear(_ inFeatures: Int, _ outFeatures: Int) -> Linear {
    Linear(
      inFeatures: inFeatures, outFeatures: outFeatures,
      initializer: .normal(standardDeviation: 0.01), biasInitializer: .constant(0))
  }
}
