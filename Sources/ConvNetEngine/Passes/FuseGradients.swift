internal import ConvNetGraph

/// Training, backward: the gradient of a convolution's image takes over the addition of another
/// gradient and the ReLU's mask.
enum FuseInputGradient: GraphPass {
  static func apply(_ graph: Graph) -> Graph {
    var editor = GraphEditor(graph)
    for position in editor.positions {
      guard let node = editor[position], let operation = node.operation as? Conv2dInputGradient
      else { continue }
      var fused = FusedInputGradient(gradient: operation)
      var (last, inputs, outputs) = (position, node.inputs, node.outputs)
      if let next = editor.onlyConsumer(of: outputs[0]), let add = editor[next],
        add.operation is AddOperation,
        let other = add.inputs.first(where: { $0 != outputs[0] }),
        editor.shape(other) == editor.shape(outputs[0])
      {
        fused.hasResidual = true
        inputs.append(other)
        (last, outputs) = (next, add.outputs)
      }
      if let next = editor.onlyConsumer(of: outputs[0]), let relu = editor[next],
        relu.operation is ActivationGradient<ReLUOperation>, relu.inputs[0] == outputs[0]
      {
        fused.hasMask = true
        inputs.append(relu.inputs[1])
        (last, outputs) = (next, relu.outputs)
      }
      guard last != position else { continue }
      editor.replace(
        [position], at: last,
        with: Graph.Node(operation: fused, inputs: inputs, outputs: outputs, name: node.name))
    }
    return editor.finish()
  }
}

/// Training, backward: the gradients of a convolution's weights and of its bias in one node.
enum FuseWeightGradient: GraphPass {
  static func apply(_ graph: Graph) -> Graph {
    var editor = GraphEditor(graph)
    for position in editor.positions {
      guard let node = editor[position], let operation = node.operation as? Conv2dWeightGradient,
        let biasPosition = editor.consumers(of: node.inputs[1]).first(where: {
          editor[$0]?.operation is ChannelSum
        }), let bias = editor[biasPosition]
      else { continue }
      let fused = Graph.Node(
        operation: FusedWeightGradient(weights: operation), inputs: node.inputs,
        outputs: node.outputs + bias.outputs, name: node.name)
      editor.replace(
        [position, biasPosition], at: min(position, biasPosition), with: fused)
    }
    return editor.finish()
  }
}
