internal import ConvNetGraph

/// Inference: a batch norm behind a convolution becomes part of the convolution's weights and bias.
enum FoldBatchNorm: GraphPass {
  static func apply(_ graph: Graph) -> Graph { fold(graph) { _, _ in true } }

  /// Folds where `pays` says so of the weights' and the output's shape.
  fileprivate static func fold(
    _ graph: Graph, where pays: (_ weights: Shape, _ output: Shape) -> Bool
  ) -> Graph {
    var editor = GraphEditor(graph)
    for position in editor.positions {
      guard let convolution = editor[position],
        let operation = convolution.operation as? Conv2dOperation,
        let normPosition = editor.onlyConsumer(of: convolution.outputs[0]),
        let norm = editor[normPosition],
        let normOperation = norm.operation as? BatchNorm2dOperation,
        norm.inputs[0] == convolution.outputs[0],
        pays(editor.shape(convolution.inputs[1]), editor.shape(convolution.outputs[0]))
      else { continue }
      let fold = FoldedBatchNorm(
        epsilon: normOperation.epsilon, hasBias: convolution.inputs.count == 3)
      let weight = editor.addValue(
        shape: editor.shape(convolution.inputs[1]), name: "\(convolution.name).folded weight")
      let bias = editor.addValue(
        shape: editor.shape(norm.inputs[1]), name: "\(convolution.name).folded bias")
      editor.replace(
        [], at: position,
        with: Graph.Node(
          operation: fold,
          inputs: [convolution.inputs[1]] + norm.inputs.dropFirst()
            + convolution.inputs.dropFirst(2),
          outputs: [weight, bias], name: "\(norm.name).folded"))
      editor.replace(
        [], at: normPosition,
        with: Graph.Node(
          operation: operation, inputs: [convolution.inputs[0], weight, bias],
          outputs: norm.outputs, name: convolution.name))
    }
    return editor.finish()
  }
}

/// The same for a plan that runs once: where there are more weights than results, normalising the
/// results is less work than folding.
enum FoldBatchNormOnce: GraphPass {
  static func apply(_ graph: Graph) -> Graph {
    FoldBatchNorm.fold(graph) { weights, output in weights.count < output.count }
  }
}
