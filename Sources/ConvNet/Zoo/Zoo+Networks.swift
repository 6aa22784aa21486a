internal import ConvNetGraph

extension Zoo {
  /// All networks: small ones first.
  public static let all: [Entry] = small + cifar + vggs + imageNet

  private static let small = [
    Entry(
      "compact", "three conv3x3 stages, 32 to 128 channels; fast on 28x28", input: [1, 28, 28],
      classes: 10
    ) {
      classes, channels, _ in CompactNet(classes: classes, channels: channels)
    },
    Entry("lenet5", "LeNet-5 with ReLU and max pooling", input: [1, 28, 28], classes: 10) {
      LeNet5(classes: $0, channels: $1, size: $2)
    },
    Entry(
      "primer", "four blocks conv3x3-BN-ReLU, 64 to 512 channels", input: [3, 32, 32], classes: 10
    ) {
      classes, channels, _ in PrimerNet(classes: classes, channels: channels)
    },
    Entry(
      "starter", "four conv3x3 layers, 16 to 64 channels; comes trained with the program",
      input: [1, 28, 28], classes: 10
    ) {
      classes, channels, _ in StarterNet(classes: classes, channels: channels)
    },
  ]

  private static let cifar =
    [(20, 3), (32, 5), (44, 7), (56, 9)].map { depth, blocks in
      Entry(
        "resnet\(depth)", "ResNet-\(depth) for 32x32, 16 to 64 channels", input: [3, 32, 32],
        classes: 10
      ) { classes, channels, _ in
        CIFARResNet(blocksPerStage: blocks, classes: classes, channels: channels)
      }
    } + [
      Entry(
        "cifar_resnet18", "ResNet-18 with a 3x3 stem for 32x32, 64 to 512 channels",
        input: [3, 32, 32], classes: 10
      ) { classes, channels, _ in
        ResNet.resnet18(stem: .small, classes: classes, channels: channels)
      },
      Entry(
        "cifar_vgg11_bn", "VGG-11 with batch norm for 32x32, one linear layer",
        input: [3, 32, 32], classes: 10
      ) { classes, channels, _ in
        VGG(.eleven, batchNorm: true, head: .oneLinear, classes: classes, channels: channels)
      },
    ]

  private static let vggs = VGG.Depth.allCases.flatMap { depth in
    [false, true].map { batchNorm in
      Entry(
        "vgg\(depth.rawValue)" + (batchNorm ? "_bn" : ""),
        "VGG-\(depth.rawValue)" + (batchNorm ? " with batch norm" : ""), input: [3, 224, 224],
        classes: 1000
      ) { classes, channels, _ in
        VGG(depth, batchNorm: batchNorm, classes: classes, channels: channels)
      }
    }
  }

  private static let imageNet = [
    imageNet("resnet18", "ResNet-18, basic blocks") {
      ResNet.resnet18(classes: $0, channels: $1)
    },
    imageNet("resnet34", "ResNet-34, basic blocks") {
      ResNet.resnet34(classes: $0, channels: $1)
    },
    imageNet("resnet50", "ResNet-50, bottleneck blocks") {
      ResNet.resnet50(classes: $0, channels: $1)
    },
    imageNet("resnet101", "ResNet-101, bottleneck blocks") {
      ResNet.resnet101(classes: $0, channels: $1)
    },
    imageNet("mobilenet_v2", "MobileNetV2, inverted residuals, depthwise convolutions") {
      MobileNetV2(classes: $0, channels: $1)
    },
    imageNet("efficientnet_lite0", "EfficientNet-Lite0 for plain processors") {
      EfficientNetLite(.lite0, classes: $0, channels: $1)
    },
    imageNet("efficientnet_lite1", "EfficientNet-Lite1, deeper", size: 240) {
      EfficientNetLite(.lite1, classes: $0, channels: $1)
    },
    imageNet("efficientnet_lite2", "EfficientNet-Lite2, deeper and wider", size: 260) {
      EfficientNetLite(.lite2, classes: $0, channels: $1)
    },
  ]

  /// A network for ImageNet's thousand classes.
  private static func imageNet(
    _ name: String, _ summary: String, size: Int = 224,
    build: @escaping @Sendable (_ classes: Int, _ channels: Int) -> any Module
  ) -> Entry {
    Entry(name, summary, input: [3, size, size], classes: 1000) { classes, channels, _ in
      build(classes, channels)
    }
  }
}
