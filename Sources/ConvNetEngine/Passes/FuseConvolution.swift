internal import ConvNetGraph

/// A convolution takes over the addition and the ReLU (or other limits) behind it.
enum FuseConvolution: GraphPass {
  static func apply(_ graph: Graph) -> Graph {
    var editor = GraphEditor(graph)
    for position in editor.positions {
      guard let node = editor[position], let operation = node.operation as? Conv2dOperation else {
        continue
      }
      var fused = FusedConvolution(convolution: operation, hasBias: node.inputs.count == 3)
      var (last, inputs, outputs) = (position, node.inputs, node.outputs)
      if let next = editor.onlyConsumer(of: outputs[0]), let add = editor[next],
        add.operation is AddOperation,
        let other = add.inputs.first(where: { $0 != outputs[0] }),
        editor.shape(other) == editor.shape(outputs[0]),
        editor.producer(of: other) != nil
      {
        fused.hasResidual = true
        inputs.append(other)
        (last, outputs) = (next, add.outputs)
      }
      if let next = editor.onlyConsumer(of: outputs[0]), let limit = editor[next],
        let clamp = Clamp(limit.operation)
      {
        fused.clamp = clamp
        (last, outputs) = (next, limit.outputs)
      }
      guard last != position else { continue }
      editor.replace(
        [position], at: last,
        with: Graph.Node(operation: fused, inputs: inputs, outputs: outputs, name: node.name))
    }
    return editor.finish()
  }
}

extension Clamp {
  /// The limits that an activation amounts to, if it is nothing else.
  init?(_ operation: any Operation) {
    switch operation {
    case is ReLUOperation: self = .relu
    case let clip as ClipOperation: self = Clamp(low: clip.minimum, high: clip.maximum)
    default: return nil
    }
  }
}
