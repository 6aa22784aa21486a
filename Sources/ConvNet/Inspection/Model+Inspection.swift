public import ConvNetEngine
public import ConvNetFormats
public import ConvNetGraph
internal import ConvNetText

extension Model {
  /// Runs the model on a picture and keeps what every layer put out.
  ///
  /// ```swift
  /// let run = try model.explain(Image(path: "shoe.jpg"))
  /// for layer in run.layers { print(layer.name, layer.output.shape, layer.statistics.maximum) }
  /// ```
  ///
  /// - Parameter measuresTimes: whether each layer is run three times more to see how long it takes.
  /// - Throws: ``ConvNetError`` of kind `unsupported` where the model takes no pictures or names no
  ///   classes, `invalidArgument` where the results do not fit the machine's memory.
  public func explain(
    _ image: Image, options: EngineOptions = EngineOptions(), measuresTimes: Bool = false
  ) throws(ConvNetError) -> Inspection {
    let (picture, input) = try prepared(image)
    guard outputShape.rank == 1, outputShape.count > 0 else {
      throw ConvNetError(
        .unsupported, "the network's output of shape \(outputShape) names no classes",
        reason: "explain shows how a picture becomes scores of classes")
    }
    let score = scoreValue
    var kept: [ValueID] = []
    for node in graph.nodes { if let value = node.outputs.first { kept.append(value) } }
    var exact = forOneRun(options)
    if exact.algorithms == .automatic { exact.algorithms = .exactOrder }
    let plan = try Plan(graph(returning: kept), options: exact)
    try plan.checkMemory()
    let (outputs, times) = try outputs(of: plan, input, measuresTimes: measuresTimes)

    let fields = graph.receptiveFields()
    var layers: [Inspection.Layer] = []
    for (node, output) in zip(graph.nodes, outputs) {
      guard let value = node.outputs.first else { continue }
      layers.append(
        Inspection.Layer(
          name: node.name, operation: node.operation, inputs: node.inputs, value: value,
          output: output,
          multiplyAdds: node.operation.multiplyAdds(
            inputs: graph.shapes(node.inputs), outputs: graph.shapes(node.outputs)),
          receptiveField: fields[value.index], statistics: TensorStatistics(output),
          time: times[node.name]))
    }
    let fused = try Plan(graph(returning: [score]), options: forOneRun(options))
    let fusedScores = try Executor(fused, weights: weights).run([input])[0]
    let scores = layers.first { $0.value == score }?.output ?? input
    return Inspection(
      model: self, picture: picture,
      originalSize: Size2D(height: image.height, width: image.width), input: input,
      layers: layers, scores: try scores.reshaped(to: outputShape),
      fusedScores: try fusedScores.reshaped(to: outputShape), scoreValue: score,
      instructionSet: fused.instructionSet, options: options)
  }

  /// The plan's outputs, and where asked for the time of each node.
  private func outputs(
    of plan: Plan, _ input: Tensor, measuresTimes: Bool
  ) throws(ConvNetError) -> ([Tensor], [String: Duration]) {
    let executor = try Executor(plan, weights: weights)
    let outputs = try executor.run([input])
    var times: [String: Duration] = [:]
    if measuresTimes {
      for step in executor.measureSteps(runs: 3) { times[step.name, default: .zero] += step.median }
    }
    return (outputs, times)
  }

  /// A large model's weights are not packed ahead for a run or two: that would take as much memory
  /// again, and longer than the run.
  func forOneRun(_ options: EngineOptions) -> EngineOptions {
    var options = options
    if parameterCount > 8_000_000, options.expectedRuns != 1 { options.expectedRuns = 1 }
    return options
  }

  /// What one layer puts out for a picture, without the batch: `[C, H, W]` for feature maps.
  ///
  /// - Parameter layer: its path: `layer1.0.conv1`.
  /// - Throws: ``ConvNetError`` of kind `notFound` with the nearest name.
  public func featureMaps(
    _ image: Image, at layer: String, options: EngineOptions = EngineOptions()
  ) throws(ConvNetError) -> Tensor {
    let value = try value(ofLayer: layer)
    let plan = try Plan(graph(returning: [value]), options: options)
    try plan.checkMemory()
    let output = try Executor(plan, weights: weights).run([prepared(image).input])[0]
    return try output.reshaped(to: Shape(Array(output.shape.dimensions.dropFirst())))
  }

  /// What each position of a layer's output sees of the picture; nil where it depends on none of it.
  ///
  /// Where branches meet, the field is that of the branch that sees most.
  ///
  /// - Throws: ``ConvNetError`` of kind `notFound` with the nearest name.
  public func receptiveField(of layer: String) throws(ConvNetError) -> ReceptiveField? {
    graph.receptiveFields()[try value(ofLayer: layer).index]
  }

  /// The pixels that one position of a layer's output depends on, exactly; nil where it is none.
  ///
  /// - Throws: ``ConvNetError`` of kind `notFound`, or `invalidArgument` for a position that does not
  ///   exist.
  public func receptiveField(
    of layer: String, row: Int, column: Int
  ) throws(ConvNetError) -> Graph.InputRectangle? {
    try graph.inputCells(seenBy: value(ofLayer: layer), row: row, column: column)
  }

  /// The value that a layer makes.
  func value(ofLayer name: String) throws(ConvNetError) -> ValueID {
    if let value = graph.nodes.first(where: { $0.name == name })?.outputs.first { return value }
    let names = graph.nodes.map(\.name)
    throw ConvNetError(
      .notFound,
      "no layer is called '\(name.escapedForDisplay)'\(Suggestion.question(for: name, in: names))",
      advice: "the layers are: " + names.prefix(40).joined(separator: ", ")
        + (names.count > 40 ? ", …" : ""))
  }

  /// The same network, asked for other values.
  func graph(returning values: [ValueID]) -> Graph {
    var copy = graph
    copy.outputs = values
    return copy
  }

  /// The network without a softmax that ends it: losses are defined on scores.
  var scoringGraph: Graph { graph(returning: [scoreValue]) }

  /// The scores before a softmax that ends the network.
  var scoreValue: ValueID {
    let output = graph.outputs[0]
    guard let last = graph.nodes.last(where: { $0.outputs.contains(output) }),
      let softmax = last.operation as? SoftmaxOperation, let input = last.inputs.first,
      graph.shape(output).rank == 2, [1, -1].contains(softmax.dim)
    else { return output }
    return input
  }

  /// A picture at the network's size, and the numbers that it becomes.
  func prepared(_ image: Image) throws(ConvNetError) -> (picture: Image, input: Tensor) {
    let shape = graph.shape(graph.inputs[0])
    guard shape.rank == 4 else {
      throw ConvNetError(
        .unsupported, "the network takes inputs of shape \(inputShape), not pictures")
    }
    let scaled = try preprocessing.scaled(image)
    let (width, height) = (preprocessing.width, preprocessing.height)
    let channels = preprocessing.channels
    let window = PixelWindow(centerOf: scaled, width: width, height: height)
    var planes = [UInt8](repeating: 0, count: channels * height * width)
    planes.withUnsafeMutableBufferPointer { planes in
      guard let target = planes.baseAddress else { return }
      window.copy(from: scaled, into: target, width: width, height: height)
    }
    let normalizer = Normalizer(preprocessing)
    let input = Tensor(uninitialized: shape) { target in
      planes.withUnsafeBufferPointer { source in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        normalizer.convert(source, into: target)
      }
    }
    let plane = height * width
    var pixels = [UInt8](repeating: 0, count: planes.count)
    for index in 0..<plane {
      for channel in 0..<channels {
        pixels[index * channels + channel] = planes[channel * plane + index]
      }
    }
    let picture = try Image(width: width, height: height, channels: channels, pixels: pixels)
    return (picture, input)
  }
}
