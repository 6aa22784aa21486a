public import ConvNetGraph

extension Model {
  /// The same network for other classes: its last layer with weights begins anew, all layers before
  /// it keep their numbers.
  ///
  /// ```swift
  /// let imported = try Model(onnx: ONNXModel(path: "resnet18.onnx"))
  /// let model = try imported.withNewHead(labels: data.classNames)
  /// let trainer = try Trainer(model, training: data.training, evaluation: data.evaluation)
  /// ```
  ///
  /// The last layer is linear or a convolution whose channels are the classes. Behind it there may be
  /// what has no weights (a reshape, pooling, softmax) and a bias that is added or a factor.
  ///
  /// - Parameters:
  ///   - labels: the names of the new classes.
  ///   - seed: another seed gives other first numbers.
  /// - Throws: ``ConvNetError`` of kind `unsupported` naming the node where no such layer ends the
  ///   network, or of kind `invalidArgument` without classes.
  public func withNewHead(labels: [String], seed: UInt64 = 0) throws(ConvNetError) -> Model {
    guard !labels.isEmpty else {
      throw ConvNetError(.invalidArgument, "a network needs at least one class")
    }
    guard outputShape.rank == 1 else {
      throw ConvNetError(
        .unsupported, "the network's output of shape \(outputShape) names no classes",
        reason: "a new last layer is made for classifiers, which give one score per class")
    }
    let head = try NetworkHead(of: graph)
    let renewed = try head.graph(classes: labels.count)
    let fresh = renewed.initialWeights(seed: seed)
    var numbers = Weights()
    for slot in renewed.parameters {
      numbers[slot.name] = head.renewed.contains(slot.name) ? fresh[slot.name] : weights[slot.name]
    }
    return try Model(
      renewed, weights: numbers, labels: labels, preprocessing: preprocessing,
      architecture: architecture)
  }

  /// Whether the network normalises anywhere by statistics of its batches.
  public var hasBatchNorm: Bool {
    graph.nodes.contains { $0.operation is BatchNorm2dOperation }
  }
}

/// The end of a classifier: the layer that makes the scores, and what follows it.
private struct NetworkHead {
  private let source: Graph
  private let classes: Int
  /// The nodes from the head on, by position.
  private let positions: Set<Int>
  /// The parameters that begin anew, by name.
  let renewed: Set<String>

  init(of graph: Graph) throws(ConvNetError) {
    source = graph
    classes = graph.shape(graph.outputs[0]).dimensions.last ?? 0
    let producers = graph.producers()
    let consumers = graph.consumers()
    let slots = Dictionary(uniqueKeysWithValues: graph.parameters.map { ($0.value, $0) })
    var positions: Set<Int> = []
    var renewed: Set<String> = []
    var value = graph.outputs[0]
    while let position = producers[value.index] {
      let node = graph.nodes[position]
      let parameters = node.inputs.compactMap { slots[$0] }
      let others = node.inputs.filter { slots[$0] == nil }
      positions.insert(position)
      for slot in parameters where slot.shape.dimensions.contains(classes) {
        guard consumers[slot.value.index].count == 1 else {
          throw NetworkHead.refuse(node, "its weights '\(slot.name)' serve other nodes too")
        }
        renewed.insert(slot.name)
      }
      if NetworkHead.makesScores(node, slots, classes) {
        self.positions = positions
        self.renewed = renewed
        return
      }
      guard let next = others.first, others.count == 1 else {
        throw NetworkHead.refuse(node, "it joins \(others.count) results")
      }
      let isArithmetic = node.operation is AddOperation || node.operation is MulOperation
      guard parameters.isEmpty || isArithmetic else {
        throw NetworkHead.refuse(node, "\(type(of: node.operation).name) has weights of its own")
      }
      value = next
    }
    throw ConvNetError(
      .unsupported, "the network has no last layer that could be made for other classes",
      reason: "a linear layer or a convolution with \(classes) outputs is looked for")
  }

  private static func makesScores(
    _ node: Graph.Node, _ slots: [ValueID: ParameterSlot], _ classes: Int
  ) -> Bool {
    guard node.operation is LinearOperation || node.operation is Conv2dOperation,
      node.inputs.count > 1, let weight = slots[node.inputs[1]]
    else { return false }
    return weight.shape.dimensions.first == classes
  }

  private static func refuse(_ node: Graph.Node, _ why: String) -> ConvNetError {
    ConvNetError(
      .unsupported, "\(node.name): no last layer for other classes can be put before it",
      reason: why)
  }

  /// The network for another number of classes.
  func graph(classes count: Int) throws(ConvNetError) -> Graph {
    let builder = GraphBuilder(continuing: Graph())
    var current = [Value?](repeating: nil, count: source.values.count)
    for slot in source.parameters {
      let isNew = renewed.contains(slot.name)
      current[slot.value.index] = builder.declareParameter(
        name: slot.name, shape: isNew ? resized(slot.shape, to: count) : slot.shape,
        role: isNew ? .trained : slot.role,
        initializer: isNew ? initializer(slot) : slot.initializer)
    }
    for input in source.inputs {
      current[input.index] = builder.input(
        source.shape(input), name: source.values[input.index].name)
    }
    for (position, node) in source.nodes.enumerated() {
      let outputs: [Value]
      let inputs = node.inputs.compactMap { current[$0.index] }
      if positions.contains(position), var reshape = node.operation as? ReshapeOperation {
        reshape.shape = reshape.shape.map { $0 == classes ? count : $0 }
        outputs = builder.apply(reshape, inputs, name: node.name)
      } else {
        outputs = builder.apply(node.operation, inputs, name: node.name)
      }
      for (old, new) in zip(node.outputs, outputs) { current[old.index] = new }
    }
    let result = try builder.finish(source.outputs.compactMap { current[$0.index] })
    guard result.shape(result.outputs[0]).dimensions.last == count else {
      throw ConvNetError(
        .unsupported, "the network cannot be made for \(count) classes",
        reason: "what follows its last layer fixes \(classes) scores")
    }
    return result
  }

  private func resized(_ shape: Shape, to count: Int) -> Shape {
    Shape(
      shape.dimensions.map { $0 == classes ? count : $0 }.enumerated().map { place, size in
        // Of a square matrix only the outputs change.
        place > 0 && shape.dimensions[0] == classes ? shape.dimensions[place] : size
      })
  }

  /// PyTorch's first numbers for weights; biases begin at 0 and factors at 1.
  private func initializer(_ slot: ParameterSlot) -> Initializer {
    let reader = source.nodes.first { $0.inputs.contains(slot.value) }
    if reader?.operation is MulOperation { return .constant(1) }
    guard let reader, reader.inputs.firstIndex(of: slot.value) == 1,
      reader.operation is LinearOperation || reader.operation is Conv2dOperation
    else { return .constant(0) }
    return .torchDefault(fanIn: slot.shape.dimensions.dropFirst().reduce(1, *))
  }
}
