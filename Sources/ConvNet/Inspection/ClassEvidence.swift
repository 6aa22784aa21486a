public import ConvNetEngine
public import ConvNetFormats
public import ConvNetGraph

/// Where in the picture the score of a class comes from, by the gradient of that score.
///
/// For feature maps A of a layer and the gradient g of the class's score with respect to them:
///
///     evidence[y, x] = sum over c of g[c, y, x] * A[c, y, x]
///     weight[c]      = mean over y, x of g[c, y, x]
///     gradCAM[y, x]  = max(0, sum over c of weight[c] * A[c, y, x])
///
/// Behind global average pooling and one linear layer the evidence is the class activation map: its
/// cells and the class's bias add up to the score. Sources: Zhou et al., "Learning deep features for
/// discriminative localization" (2016); Selvaraju et al., "Grad-CAM" (2017).
public struct ClassEvidence: Sendable {
  /// The class.
  public let classIndex: Int
  /// The layer whose maps these are.
  public let layer: String
  /// The maps A, `[1, C, H, W]`.
  public let maps: Tensor
  /// The gradient of the class's score with respect to the maps, `[1, C, H, W]`.
  public let gradient: Tensor
  /// The signed evidence of each position, `[H, W]`.
  public let evidence: Tensor
  /// What the cells of the evidence and this number add up to the score with: biases.
  public let rest: Double
  /// The mean gradient of each channel.
  public let channelWeights: [Double]
  /// Grad-CAM, `[H, W]`: 0 or more.
  public let gradCAM: Tensor

  init(classIndex: Int, layer: String, maps: Tensor, gradient: Tensor, score: Float) {
    let (channels, height, width) = (maps.shape[1], maps.shape[2], maps.shape[3])
    let plane = height * width
    let (a, g) = (maps.elements, gradient.elements)
    var evidence = [Double](repeating: 0, count: plane)
    var weights = [Double](repeating: 0, count: channels)
    for channel in 0..<channels {
      for position in 0..<plane {
        let index = channel * plane + position
        evidence[position] += Double(g[index]) * Double(a[index])
        weights[channel] += Double(g[index])
      }
      weights[channel] /= Double(plane)
    }
    let heat = (0..<plane).map { position in
      max(0, (0..<channels).reduce(0.0) { $0 + weights[$1] * Double(a[$1 * plane + position]) })
    }
    func map(_ numbers: [Double]) -> Tensor {
      Tensor(uninitialized: [height, width]) { buffer in
        for index in buffer.indices { buffer[index] = Float(numbers[index]) }
      }
    }
    self.classIndex = classIndex
    self.layer = layer
    self.maps = maps
    self.gradient = gradient
    self.evidence = map(evidence)
    rest = Double(score) - evidence.reduce(0, +)
    channelWeights = weights
    gradCAM = map(heat)
  }
}

extension Inspection {
  /// The last layer whose output still has positions, which evidence is read from; nil where there is
  /// none.
  public var evidenceLayer: Layer? {
    layers.last { $0.output.shape.rank == 4 && $0.output.shape[2] * $0.output.shape[3] > 1 }
  }

  /// Where the scores of some classes come from.
  ///
  /// - Parameter layer: the layer whose maps are looked at; the last one with positions where nil.
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` for a class or layer that cannot be looked at.
  public func evidence(
    for classes: [Int], at layer: String? = nil
  ) throws(ConvNetError) -> [ClassEvidence] {
    let chosen: Layer?
    if let layer {
      let value = try model.value(ofLayer: layer)
      chosen = layers.first { $0.value == value }
    } else {
      chosen = evidenceLayer
    }
    guard let chosen, chosen.output.shape.rank == 4 else {
      throw ConvNetError(
        .invalidArgument, "\(layer ?? "the network"): has no feature maps to read evidence from",
        advice: "name a layer whose output is [B, C, H, W]")
    }
    let forward = model.graph(returning: [scoreValue])
    let (graph, gradients) = try forward.differentiatedByOutputGradients(
      withRespectTo: [chosen.value])
    var asked = graph
    asked.outputs = gradients
    let plan = try Plan(asked, options: model.forOneRun(options))
    let executor = try Executor(plan, weights: model.weights)
    let shape = model.graph.shape(scoreValue)
    var results: [ClassEvidence] = []
    for index in classes {
      guard (0..<scores.count).contains(index) else {
        throw ConvNetError(
          .invalidArgument, "class \(index) does not exist",
          reason: "the network has classes 0...\(scores.count - 1)")
      }
      let seed = Tensor(uninitialized: shape) { buffer in
        buffer.update(repeating: 0)
        buffer[index] = 1
      }
      let gradient = try executor.run([input, seed])[0]
      results.append(
        ClassEvidence(
          classIndex: index, layer: chosen.name, maps: chosen.output, gradient: gradient,
          score: scores.elements[index]))
    }
    return results
  }
}

extension Model {
  /// Grad-CAM: the places of a picture that a class's score depends on, `[H, W]` of the layer's maps.
  ///
  /// - Parameters:
  ///   - image: a picture of any size.
  ///   - classIndex: the class; the likeliest where nil.
  ///   - layer: the layer whose maps are weighed; the last one with positions where nil.
  /// - Throws: ``ConvNetError`` as ``explain(_:options:)`` and ``Inspection/evidence(for:at:)``.
  public func gradCAM(
    _ image: Image, class classIndex: Int? = nil, layer: String? = nil,
    options: EngineOptions = EngineOptions()
  ) throws(ConvNetError) -> Tensor {
    let run = try explain(image, options: options)
    let classes = classIndex.map { [$0] } ?? run.ranking(1)
    return try run.evidence(for: classes, at: layer)[0].gradCAM
  }
}
