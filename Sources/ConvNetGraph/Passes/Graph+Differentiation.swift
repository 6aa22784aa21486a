extension Graph {
  /// The graph with the gradient of a scalar value appended, and the gradient's value for each target.
  ///
  /// The gradient is ordinary nodes of the same graph, so the memory planner sees forward and backward
  /// as one list. The gradients are appended to the graph's outputs; a target that the loss does not
  /// depend on has a gradient of zeros.
  public func differentiated(
    _ loss: ValueID, withRespectTo targets: [ValueID]
  ) throws(ConvNetError) -> (graph: Graph, gradients: [ValueID]) {
    guard shape(loss).count == 1 else {
      throw ConvNetError(
        .invalidArgument,
        "only a single number has a gradient, not a value of shape \(shape(loss))")
    }
    let builder = GraphBuilder(continuing: self)
    let seed = builder.apply(Fill(shape: shape(loss), value: 1), [], name: "loss.gradient")[0]
    return try differentiated([(loss, seed)], withRespectTo: targets, builder)
  }

  /// The graph with a new input for the gradient of each output, and the gradients that these give for
  /// the targets: PyTorch's `y.backward(gradient=g)`.
  ///
  /// The new inputs follow the graph's own inputs, in the outputs' order.
  public func differentiatedByOutputGradients(
    withRespectTo targets: [ValueID]
  ) throws(ConvNetError) -> (graph: Graph, gradients: [ValueID]) {
    let builder = GraphBuilder(continuing: self)
    let seeds = outputs.map { output in
      (output, builder.input(shape(output), name: "\(values[output.index].name).gradient"))
    }
    return try differentiated(seeds, withRespectTo: targets, builder)
  }

  /// Reverse accumulation over the nodes from the gradients of some values.
  private func differentiated(
    _ seeds: [(value: ValueID, gradient: Value)], withRespectTo targets: [ValueID],
    _ builder: GraphBuilder
  ) throws(ConvNetError) -> (graph: Graph, gradients: [ValueID]) {
    // A node matters where a target leads into it.
    var depends = [Bool](repeating: false, count: values.count)
    for target in targets { depends[target.index] = true }
    for node in nodes where node.inputs.contains(where: { depends[$0.index] }) {
      // Nothing flows back through an operation without a gradient, such as a dropout mask.
      if node.operation is any GradientOperation { continue }
      for output in node.outputs { depends[output.index] = true }
    }

    var gradients = [Value?](repeating: nil, count: values.count)
    func add(_ gradient: Value, to value: ValueID) {
      gradients[value.index] = gradients[value.index].map { $0 + gradient } ?? gradient
    }
    for (value, gradient) in seeds { add(gradient, to: value) }
    for node in nodes.reversed() {
      let arriving = node.outputs.map { gradients[$0.index] }
      guard arriving.contains(where: { $0 != nil }) else { continue }
      let isNeeded = node.inputs.map { depends[$0.index] }
      guard isNeeded.contains(true) else { continue }
      let context = GradientContext(
        inputs: node.inputs.map(builder.value), outputs: node.outputs.map(builder.value),
        outputGradients: arriving, isNeeded: isNeeded)
      builder.gradientOf = node.name
      for (position, gradient) in node.operation.gradient(context).enumerated() {
        guard let gradient, isNeeded[position] else { continue }
        add(gradient, to: node.inputs[position])
      }
    }
    builder.gradientOf = nil
    let results = targets.map { target in
      gradients[target.index]
        ?? builder.apply(Fill(shape: shape(target), value: 0), [], name: "zero.gradient")[0]
    }
    let graph = try builder.finish(outputs.map(builder.value) + results)
    return (graph, Array(graph.outputs.suffix(targets.count)))
  }
}
