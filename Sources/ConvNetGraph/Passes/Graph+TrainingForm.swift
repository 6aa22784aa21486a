extension Graph {
  /// The network as it trains: batch statistics instead of running ones, dropout active, and the
  /// running statistics' next values as state updates.
  ///
  /// There is no train/eval flag: this rewrites the graph once.
  public func trainingForm() throws(ConvNetError) -> Graph {
    var start = self
    start.nodes = []
    let builder = GraphBuilder(continuing: start)
    // The value that stands for each old value; replaced nodes make new ones.
    var current = values.indices.map { builder.value(ValueID($0)) }
    for (position, node) in nodes.enumerated() {
      let inputs = node.inputs.map { current[$0.index] }
      builder.standingFor = node.name
      let context = TrainingContext(inputs: inputs, nodeIndex: position, builder: builder)
      let outputs =
        node.operation.trainingForm(context)
        ?? builder.apply(erased: node.operation, inputs, name: node.name)
      for (old, new) in zip(node.outputs, outputs) { current[old.index] = new }
    }
    builder.standingFor = nil
    return try builder.finish(self.outputs.map { current[$0.index] })
  }
}

extension GraphBuilder {
  /// Adds a node whose operation's type is known at run time only.
  func apply(erased operation: any Operation, _ inputs: [Value], name: String? = nil) -> [Value] {
    apply(operation, inputs, name: name)
  }
}
