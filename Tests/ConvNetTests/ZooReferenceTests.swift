import ConvNet
import Testing

/// Published weights in networks of the zoo, run by the reference loops, against PyTorch's answers.
///
/// The files are not part of the package; a test whose files are absent is skipped.
@Suite struct ZooReferenceTests {
  @Test(.enabled(if: Files.shared("models/tinyvgg_ref.safetensors") != nil, "no shared/data"))
  func tinyVGGAnswersAsInPyTorch() throws {
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
    let run = try PublishedModel(
      net, weights: "models/tinyvgg.safetensors", answers: "models/tinyvgg_ref.safetensors",
      images: "image_u8_NCHW", channelsLast: [21, 64, 64, 3], 0..<21
    ) { value, _ in value / 255 }
    #expect(try run.largestDifference("logits") < 1e-5)
  }
}

/// A network with published weights, and what PyTorch computed with them.
private struct PublishedModel {
  let graph: Graph
  let answers: SafetensorsFile
  let values: [ReferenceArray<Double>]

  /// Runs some of the images of the answers' file through the network.
  ///
  /// - Parameters:
  ///   - channelsLast: the images' shape where they are laid out as `[B, H, W, C]`.
  ///   - prepare: makes the network's number of a stored one and its channel.
  init(
    _ net: any Module, weights: String, answers: String, images: String,
    channelsLast: Shape? = nil, _ range: Range<Int>, prepare: (Float, Int) -> Float
  ) throws {
    self.answers = try SafetensorsFile(path: #require(Files.shared(answers)))
    var stored = try self.answers.tensor(named: images)
    if let channelsLast {
      stored = try PublishedModel.channelsFirst(stored.reshaped(to: channelsLast))
    }
    let shape = stored.shape
    let size = shape[1] * shape[2] * shape[3]
    let elements = stored.elements[range.lowerBound * size..<range.upperBound * size]
    let input = elements.enumerated().map { position, element in
      Double(prepare(element, position % size / (shape[2] * shape[3])))
    }
    graph = try Graph(net, input: Shape(Array(shape.dimensions.dropFirst())))
      .reshaped(batch: range.count)
    let tensors = try PublishedModel.weights(
      at: #require(Files.shared(weights) ?? Files.cached(weights)))
    values = try ReferenceExecutor<Double>(graph).allValues(
      parameters: graph.parameters.map { slot in
        ReferenceArray(try #require(tensors[slot.name], "\(slot.name) is missing"))
      },
      inputs: [ReferenceArray(graph.shape(graph.inputs[0]), input)])
  }

  /// The largest difference between a stored tensor and the first numbers of a node's output, or of
  /// the network's.
  func largestDifference(_ name: String, node: String? = nil) throws -> Double {
    let expected = try answers.tensor(named: name).elements
    var output = try #require(graph.outputs.first)
    if let node { output = try #require(graph.nodes.first { $0.name == node }?.outputs.first) }
    let own = values[output.index].elements
    let count = min(own.count, expected.count)
    try #require(count > 0 && (count == own.count || count == expected.count))
    let difference = zip(own, expected).reduce(0) { max($0, abs($1.0 - Double($1.1))) }
    print("\(name): largest difference \(difference), largest number", own.map(abs).max() ?? 0)
    return difference
  }

  private static func weights(at path: String) throws -> Weights {
    try SafetensorsFile(path: path).load().weights
  }

  /// `[B, H, W, C]` as `[B, C, H, W]`.
  private static func channelsFirst(_ image: Tensor) throws -> Tensor {
    let (batch, height, width, channels) = (
      image.shape[0], image.shape[1], image.shape[2], image.shape[3]
    )
    let elements = image.elements
    var result: [Float] = []
    result.reserveCapacity(elements.count)
    for b in 0..<batch {
      for c in 0..<channels {
        for position in 0..<height * width {
          result.append(elements[(b * height * width + position) * channels + c])
        }
      }
    }
    return try Tensor([batch, channels, height, width], result)
  }
}
