internal import ConvNetGraph

/// Training, forward: batch norm takes its statistics from the convolution before it and takes over the
/// addition and the ReLU behind it.
enum FuseBatchNormTraining: GraphPass {
  static func apply(_ graph: Graph) -> Graph {
    var editor = GraphEditor(graph)
    for position in editor.positions {
      guard let node = editor[position], let norm = node.operation as? BatchNorm2dTraining else {
        continue
      }
      var fused = FusedBatchNormTraining(norm: norm)
      var (last, inputs, outputs) = (position, node.inputs, node.outputs)
      if let statistics = takeStatistics(of: node.inputs[0], &editor) {
        fused.hasStatistics = true
        inputs += statistics
      }
      if let next = editor.onlyConsumer(of: outputs[0]), let add = editor[next],
        add.operation is AddOperation,
        let other = add.inputs.first(where: { $0 != outputs[0] }),
        editor.shape(other) == editor.shape(outputs[0])
      {
        fused.hasResidual = true
        inputs.append(other)
        (last, outputs[0]) = (next, add.outputs[0])
      }
      if let next = editor.onlyConsumer(of: outputs[0]), let relu = editor[next],
        relu.operation is ReLUOperation
      {
        fused.relu = true
        (last, outputs[0]) = (next, relu.outputs[0])
      }
      // Something may read the statistics before the last fused node; then nothing behind is taken.
      if last != position,
        outputs.dropFirst().contains(where: { output in
          editor.consumers(of: output).contains { $0 < last }
        })
      {
        continue
      }
      editor.replace(
        [position], at: last,
        with: Graph.Node(operation: fused, inputs: inputs, outputs: outputs, name: node.name))
    }
    return editor.finish()
  }

  /// Mean and centred squares of a value that a convolution makes, as further outputs of it.
  private static func takeStatistics(
    of value: ValueID, _ editor: inout GraphEditor
  ) -> [ValueID]? {
    guard let position = editor.producer(of: value), let node = editor[position],
      let operation = node.operation as? Conv2dOperation
    else { return nil }
    let channels: Shape = [editor.shape(value)[1]]
    let statistics = ["mean", "centred squares"].map {
      editor.addValue(shape: channels, name: "\(node.name).\($0)")
    }
    editor.replace(
      [], at: position,
      with: Graph.Node(
        operation: FusedConvolution(
          convolution: operation, hasBias: node.inputs.count == 3, givesStatistics: true),
        inputs: node.inputs, outputs: node.outputs + statistics, name: node.name))
    return statistics
  }
}
