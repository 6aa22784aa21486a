import ConvNet
import Testing

/// The engine's fast kernels on whole networks, against the reference loops.
@Suite struct ZooEngineTests {
  @Test(arguments: [
    ("compact", 28), ("lenet5", 28), ("primer", 32), ("resnet20", 32), ("cifar_resnet18", 16),
    ("cifar_vgg11_bn", 32), ("resnet18", 32), ("resnet50", 32), ("mobilenet_v2", 32),
    ("efficientnet_lite0", 32),
  ])
  func engineAgreesWithTheReference(_ name: String, size: Int) async throws {
    let model = try Model(zoo: name, classes: 10, size: size, seed: 7)
    let batch = 2
    let graph = try model.graph.reshaped(batch: batch)
    let images = Initializer.normal(standardDeviation: 1).tensor(
      shape: graph.shape(graph.inputs[0]), name: "images", seed: 11)
    let expected = try ReferenceExecutor<Double>(graph).run(model.weights, [images])[0]
    let scores = try await model.predictor(batch: batch)(images)
    try #require(scores.shape == expected.shape)
    let largest = expected.elements.reduce(0) { max($0, abs($1)) }
    let difference = zip(scores.elements, expected.elements)
      .reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(largest > 0 && difference <= 1e-4 * largest)
  }
}
