internal import ConvNetEngine
internal import ConvNetGraph

extension TrainingRunner {
  /// The first thing that is not finite: an input, a parameter, or a node's result; nil where none is.
  ///
  /// The network runs forward once more with every intermediate result kept, which takes as much
  /// memory as all of them together; it is done only after a training went wrong.
  func firstNonFinite(images: Tensor, targets: Tensor, randomKey: Tensor) -> String? {
    guard TrainingRunner.isFinite(images) else { return "the batch's pictures" }
    let weights = executor.weights
    var graph = training.graph
    // Running statistics have taken in the bad step already, and have no part in the loss.
    for slot in graph.parameters where slot.role != .tracked {
      if let tensor = weights[slot.name], !TrainingRunner.isFinite(tensor) {
        return "parameter '\(slot.name)'"
      }
    }
    let statistics = Set(graph.stateUpdates.map(\.newValue))
    guard let end = graph.nodes.firstIndex(where: { $0.outputs.contains(graph.outputs[0]) })
    else { return nil }
    graph.nodes.removeSubrange((end + 1)...)
    graph.stateUpdates = []
    graph.outputs = graph.nodes.flatMap(\.outputs).filter { !statistics.contains($0) }
    var inputs = [images, targets]
    if let position = training.randomKeyPosition { inputs.insert(randomKey, at: position) }
    let options = EngineOptions(
      threads: executor.plan.options.threads, precision: executor.plan.options.precision)
    guard let plan = try? Plan(graph, purpose: .training, options: options),
      let results = try? Executor(plan, weights: weights).run(inputs)
    else { return nil }
    for (output, result) in zip(graph.outputs, results) where !TrainingRunner.isFinite(result) {
      return "the result of '\(graph.values[output.index].name)' \(result.shape)"
    }
    return nil
  }

  private static func isFinite(_ tensor: Tensor) -> Bool {
    tensor.withUnsafeBufferPointer { $0.allSatisfy(\.isFinite) }
  }
}
