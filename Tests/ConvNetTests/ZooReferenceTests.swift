import ConvNet
import Testing

/// Published weights in networks of the zoo against PyTorch's answers: the reference loops on the
/// first pictures, the engine on all.
///
/// The files are not part of the package; a test whose files are absent is skipped.
@Suite struct ZooReferenceTests {
  @Test(.enabled(if: Files.shared("models/tinyvgg_ref.safetensors") != nil, "no shared/data"))
  func tinyVGGAnswersAsInPyTorch() async throws {
    let net = Sequential {
      Conv2d(inChannels: 3, outChannels: 10, kernelSize: 3)
      ReLU()
      Conv2d(inChannels: 10, outChannels: 10, kernelSize: 3)
      ReLU()
      MaxPool2d(kernelSize: 2)
      Conv2d(inChannels: 10, outChannels: 10, kernelSize: 3)
      ReLU()
      Conv2d(inChannels: 10, outChannels: 10, kernelSize: 3)
      ReLU()
      MaxPool2d(kernelSize: 2)
      Flatten()
      Linear(1690, 10)
    }
    // The header says [21, 3, 64, 64], but the bytes are laid out as [21, 64, 64, 3].
    let published = try PublishedModel(
      Model(net, input: [3, 64, 64]), weights: "models/tinyvgg.safetensors",
      answers: "models/tinyvgg_ref.safetensors", images: "image_u8_NCHW",
      channelsLast: [21, 64, 64, 3]
    ) { value, _ in value / 255 }
    #expect(try published.reference(images: 3).largestDifference("logits") < 2e-5)
    #expect(try await published.engineDifference("logits") < 1e-4)
  }

  @Test(.enabled(if: Files.shared("models/resnet20_ref.safetensors") != nil, "no shared/data"))
  func resNet20AnswersAsInPyTorch() async throws {
    let mean: [Float] = [0.485, 0.456, 0.406]
    let deviation: [Float] = [0.229, 0.224, 0.225]
    let published = try PublishedModel(
      Model(zoo: "resnet20"), weights: "models/resnet20-12fca82f.th",
      answers: "models/resnet20_ref.safetensors", images: "image_u8_NCHW"
    ) { value, channel in (value / 255 - mean[channel]) / deviation[channel] }
    let run = try published.reference(images: 1)
    for (name, node) in [
      ("after_conv1_image0", "conv1"), ("after_bn1_image0", "bn1"),
      ("after_layer1_image0", "layer1.2.relu_2"), ("after_layer2_image0", "layer2.2.relu_2"),
      ("after_layer3_image0", "layer3.2.relu_2"),
    ] {
      #expect(try run.largestDifference(name, node: node) < 2e-5, "\(node)")
    }
    #expect(try run.largestDifference("logits") < 2e-5)
    #expect(try await published.engineDifference("logits") < 1e-4)
  }

  @Test(
    .enabled(
      if: Files.shared("models/efflite0_ref.safetensors") != nil && Files.hasEfficientNetLite0,
      "needs shared/data and: convnet models get efficientnet-lite0"))
  func efficientNetLite0AnswersAsInPyTorch() async throws {
    let published = try PublishedModel(
      Model(pretrained: "efficientnet-lite0"), answers: "models/efflite0_ref.safetensors",
      images: "crop_u8_NHWC", channelsLast: [10, 224, 224, 3]
    ) { value, _ in (value - 127.5) / 127.5 }
    #expect(try published.reference(images: 1).largestDifference("logits") < 2e-5)
    #expect(try await published.engineDifference("logits") < 1e-4)
  }
}

/// A network with published weights, pictures, and what PyTorch computed from them.
private struct PublishedModel {
  let model: Model
  let answers: SafetensorsFile
  /// All pictures as the network wants them.
  let images: Tensor

  /// A model and the pictures of the answers' file.
  ///
  /// - Parameters:
  ///   - weights: a file with the weights, where the model does not have them yet.
  ///   - channelsLast: the pictures' shape where they are laid out as `[B, H, W, C]`.
  ///   - prepare: makes the network's number of a stored one and its channel.
  init(
    _ model: Model, weights: String? = nil, answers: String, images: String,
    channelsLast: Shape? = nil,
    prepare: (Float, Int) -> Float
  ) throws {
    var model = model
    if let weights { try model.load(#require(Files.shared(weights))) }
    self.model = model
    self.answers = try SafetensorsFile(path: #require(Files.shared(answers)))
    var stored = try self.answers.tensor(named: images)
    if let channelsLast {
      stored = try PublishedModel.channelsFirst(stored.reshaped(to: channelsLast))
    }
    let (channels, pixels) = (stored.shape[1], stored.shape[2] * stored.shape[3])
    self.images = try Tensor(
      stored.shape,
      stored.elements.enumerated().map { prepare($1, $0 / pixels % channels) })
  }

  /// The reference loops on the first pictures, in Double.
  func reference(images count: Int) throws -> ReferenceRun {
    let graph = try model.graph.reshaped(batch: count)
    let input = graph.shape(graph.inputs[0])
    let values = try ReferenceExecutor<Double>(graph).allValues(
      parameters: graph.parameters.map { slot in
        ReferenceArray(try #require(model.weights[slot.name]))
      },
      inputs: [ReferenceArray(input, images.elements.prefix(input.count).map { Double($0) })])
    return ReferenceRun(answers: answers, graph: graph, values: values)
  }

  /// The largest difference between a stored tensor and the engine's answers for all pictures.
  func engineDifference(_ name: String) async throws -> Float {
    let expected = try answers.tensor(named: name)
    let scores = try await model.predictor(batch: 4)(images)
    try #require(scores.shape == expected.shape)
    return zip(scores.elements, expected.elements).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  /// `[B, H, W, C]` as `[B, C, H, W]`.
  private static func channelsFirst(_ images: Tensor) throws -> Tensor {
    let graph = try Graph(input: images.shape) { F.permute($0, [0, 3, 1, 2]) }
    return try ReferenceExecutor<Float>(graph).run(Weights(), [images])[0]
  }
}

/// All values of a network beside what PyTorch computed.
private struct ReferenceRun {
  let answers: SafetensorsFile
  let graph: Graph
  let values: [ReferenceArray<Double>]

  /// The largest difference between the first numbers of a stored tensor and a node's output, or the
  /// network's.
  func largestDifference(_ name: String, node: String? = nil) throws -> Double {
    let expected = try answers.tensor(named: name).elements
    var output = try #require(graph.outputs.first)
    if let node { output = try #require(graph.nodes.first { $0.name == node }?.outputs.first) }
    let own = values[output.index].elements
    try #require(!own.isEmpty && own.count <= expected.count)
    return zip(own, expected).reduce(0) { max($0, abs($1.0 - Double($1.1))) }
  }
}
