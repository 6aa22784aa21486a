internal import ConvNetGraph

/// Dropout that drops nothing, as every dropout outside of training: its readers read its input.
enum SkipDropout: GraphPass {
  static func apply(_ graph: Graph) -> Graph {
    var editor = GraphEditor(graph)
    for position in editor.positions {
      guard let node = editor[position], node.operation is DropoutOperation,
        let input = node.inputs.first, let output = node.outputs.first, !editor.isOutput(output)
      else { continue }
      for reader in editor.consumers(of: output) {
        guard let old = editor[reader] else { continue }
        editor.replace(
          [], at: reader,
          with: Graph.Node(
            operation: old.operation, inputs: old.inputs.map { $0 == output ? input : $0 },
            outputs: old.outputs, name: old.name))
      }
    }
    return editor.finish()
  }
}
