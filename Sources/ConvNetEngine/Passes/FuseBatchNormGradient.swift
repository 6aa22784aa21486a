internal import ConvNetGraph

/// Training, backward: the gradient of a ReLU behind a batch norm becomes part of the batch norm's.
enum FuseBatchNormGradient: GraphPass {
  static func apply(_ graph: Graph) -> Graph {
    var editor = GraphEditor(graph)
    for position in editor.positions {
      guard let node = editor[position], node.operation is BatchNorm2dGradient,
        let reluPosition = editor.producer(of: node.inputs[0]), let relu = editor[reluPosition],
        relu.operation is ActivationGradient<ReLUOperation>,
        let normPosition = editor.producer(of: node.inputs[3]), let norm = editor[normPosition],
        let forward = norm.operation as? FusedBatchNormTraining, forward.relu,
        relu.inputs[1] == norm.outputs[0]
      else { continue }
      let behindReLU = relu.outputs[0]
      let isWantedElsewhere =
        editor.isOutput(behindReLU) || editor.consumers(of: behindReLU).count > 1
      let fused = FusedBatchNormGradient(
        mask: forward.hasResidual ? .output : .recomputed, givesResidual: isWantedElsewhere)
      editor.replace(
        [position], at: reluPosition,
        with: Graph.Node(
          operation: fused,
          inputs: [relu.inputs[0]] + node.inputs.dropFirst()
            + [forward.hasResidual ? norm.outputs[0] : norm.inputs[2]],
          outputs: node.outputs + (isWantedElsewhere ? [behindReLU] : []), name: node.name))
    }
    return editor.finish()
  }
}
