internal import ConvNetGraph

/// Max pooling keeps the winners' places in a form that only its own gradient understands, or not at all.
enum FuseMaxPool: GraphPass {
  static func apply(_ graph: Graph) -> Graph {
    var editor = GraphEditor(graph)
    for position in editor.positions {
      guard let node = editor[position], let pooling = node.operation as? MaxPool2dOperation,
        // The kernels number a window's cells with 16 bits.
        pooling.kernelSize.height.multipliedReportingOverflow(by: pooling.kernelSize.width)
          .partialValue <= 1 << 16
      else { continue }
      let readers = editor.consumers(of: node.outputs[1])
      let gradients = readers.filter {
        editor[$0]?.operation is MaxPoolingGradient<MaxPool2dOperation>
      }
      guard gradients.count == readers.count, !editor.isOutput(node.outputs[1]) else { continue }
      for reader in gradients {
        guard let gradient = editor[reader],
          let operation = gradient.operation as? MaxPoolingGradient<MaxPool2dOperation>
        else { continue }
        editor.replace(
          [], at: reader,
          with: Graph.Node(
            operation: TappedMaxPoolGradient(
              pooling: operation.pooling, inputSize: operation.inputSize),
            inputs: gradient.inputs, outputs: gradient.outputs, name: gradient.name))
      }
      let givesTaps = !readers.isEmpty
      editor.replace(
        [], at: position,
        with: Graph.Node(
          operation: TappedMaxPool(pooling: pooling, givesTaps: givesTaps), inputs: node.inputs,
          outputs: givesTaps ? node.outputs : [node.outputs[0]], name: node.name))
    }
    return editor.finish()
  }
}
