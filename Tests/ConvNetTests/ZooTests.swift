import ConvNet
import Testing

@Suite struct ZooTests {
  @Test(arguments: [
    ("primer", 1), ("lenet5", 1), ("compact", 1), ("resnet20", 1), ("resnet56", 1),
    ("cifar_resnet18", 1), ("resnet18", 1), ("resnet50", 1), ("mobilenet_v2", 1),
    ("efficientnet_lite0", 1), ("primer", 3), ("lenet5", 3), ("resnet20", 3),
  ])
  func smallPicturesAndOtherClassesWork(_ name: String, _ channels: Int) throws {
    let net = try Zoo.make(
      name, classes: 7, channels: channels, size: Size2D(height: 28, width: 28))
    let graph = try Graph(net, input: [channels, 28, 28])
    #expect(graph.shapes(graph.outputs) == [[1, 7]])
  }

  @Test func leNetIsMadeForOneSize() throws {
    let graph = try Graph(
      Zoo.make("lenet5", channels: 3, size: Size2D(height: 40, width: 60)), input: [3, 40, 60])
    let weight = try #require(graph.parameters.first { $0.name == "fc1.weight" })
    #expect(weight.shape == [120, 16 * 8 * 13])
    let error = #expect(throws: ConvNetError.self) {
      try Graph(Zoo.make("lenet5", size: Size2D(8)), input: [1, 8, 8])
    }
    #expect(error?.summary.hasPrefix("conv2 (input [1, 6, 4, 4]") == true)
  }

  @Test func anUnknownNameSuggestsTheNearest() {
    let error = #expect(throws: ConvNetError.self) { try Zoo.make("resnet81") }
    #expect(error?.kind == .invalidArgument)
    #expect(error?.summary == "unknown network 'resnet81' — did you mean 'resnet18'?")
    #expect(error?.advice?.contains("mobilenet_v2") == true)
    let other = #expect(throws: ConvNetError.self) { try Zoo.make("transformer") }
    #expect(other?.summary == "unknown network 'transformer'")
  }

  @Test func numbersOutOfRangeAreErrors() {
    for (classes, channels, size) in [
      (0, 3, 32), (-5, 3, 32), (10, 0, 32), (10, 3, 0), (Int.max, 3, 32), (10, Int.max, 32),
      (10, 3, Int.min),
    ] {
      for name in Zoo.names {
        #expect(throws: ConvNetError.self) {
          try Zoo.make(name, classes: classes, channels: channels, size: Size2D(size))
        }
      }
    }
  }

  @Test func anErrorNamesTheNumberAndItsRange() {
    let error = #expect(throws: ConvNetError.self) { try Zoo.make("resnet18", classes: 0) }
    #expect(
      error?.description == """
        network 'resnet18': a number of classes of 0 is not possible
          it must be in 1...1048576
        """)
  }

  @Test func descriptionsFitOneLine() {
    for entry in Zoo.all {
      #expect(!entry.summary.isEmpty && entry.summary.count <= 70)
      #expect(!entry.summary.contains("\n"))
    }
  }

  /// Variances as torchvision's and the papers' initialisations give them: 2 / fan for Kaiming's.
  private static let starts: [(network: String, parameter: String, variance: Double)] = [
    ("resnet18", "layer2.0.conv1.weight", 2 / 1152),
    ("resnet18", "conv1.weight", 2 / 3136),
    ("resnet20", "layer3.0.conv1.weight", 2 / 288),
    ("mobilenet_v2", "features.2.conv.1.0.weight", 2 / 864),
    ("mobilenet_v2", "classifier.1.weight", 0.0001),
    ("cifar_vgg11_bn", "features.4.weight", 2 / 1152),
    ("cifar_vgg11_bn", "classifier.weight", 0.0001),
    ("efficientnet_lite0", "_fc.weight", 1 / 30),
  ]

  @Test(arguments: starts)
  func weightsStartAsInTheReference(
    _ start: (network: String, parameter: String, variance: Double)
  ) throws {
    let variance = start.variance
    let entry = try Zoo.entry(start.network)
    let graph = try Graph(entry.make(classes: 10), input: entry.input)
    let tensor = try #require(graph.initialWeights(seed: 1)[start.parameter])
    let mean = tensor.elements.reduce(0.0) { $0 + Double($1) } / Double(tensor.count)
    let measured =
      tensor.elements.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      / Double(tensor.count)
    // Five standard errors of a variance of so many normal numbers.
    let tolerance = 5 * (2 / Double(tensor.count)).squareRoot()
    #expect(abs(measured / variance - 1) < tolerance)
    #expect(abs(mean) < 5 * (variance / Double(tensor.count)).squareRoot())
  }

  @Test func biasesOfVGGStartAtZero() throws {
    let graph = try Graph(Zoo.make("cifar_vgg11_bn"), input: [3, 32, 32])
    let weights = graph.initialWeights(seed: 3)
    for name in ["features.0.bias", "classifier.bias"] {
      #expect(weights[name]?.elements.allSatisfy { $0 == 0 } == true)
    }
  }
}
