public import ConvNetGraph

/// A network made ready to learn: its training form, a loss behind it, and the gradients.
///
/// Inputs: the images `[B, C, H, W]`, the targets, and a random key where the network has dropout.
/// Outputs: the loss, the scores, then one gradient for each trained parameter.
public struct TrainingGraph: Sendable {
  /// The graph, to be planned for training.
  public let graph: Graph
  /// The pictures per step.
  public let batch: Int
  /// What is made small.
  public let loss: Loss
  /// The positions of the trained parameters among the graph's slots; the gradient of the k-th one is
  /// output 2 + k.
  public let trained: [Int]
  /// The position of the targets among the graph's inputs; the images are input 0.
  public let targetPosition: Int
  /// The position of the random key among the graph's inputs; nil without dropout.
  public let randomKeyPosition: Int?

  /// A network with a loss and gradients.
  ///
  /// - Parameters:
  ///   - network: a graph with one input, whose first dimension is the batch, and one output.
  ///   - batch: the pictures per step.
  ///   - loss: what is made small.
  ///   - isTrained: which of the parameters that can be trained are; the others are frozen.
  /// - Throws: ``ConvNetError`` where the network does not fit the loss or cannot be trained.
  public init(
    _ network: Graph, batch: Int, loss: Loss = .crossEntropy(),
    isTrained: (ParameterSlot) -> Bool = { _ in true }
  ) throws(ConvNetError) {
    guard network.inputs.count == 1, network.outputs.count == 1 else {
      throw ConvNetError(
        .unsupported,
        "a network of \(network.inputs.count) inputs and \(network.outputs.count) outputs cannot "
          + "be trained here",
        reason: "training needs one input and one output")
    }
    let form = try network.reshaped(batch: batch).trainingForm()
    let scores = form.shape(form.outputs[0])
    if scores.rank >= 2 { try loss.validate(classes: scores[1]) }
    let withLoss = try form.extended(
      inputs: [(name: "target", shape: loss.targetShape(for: scores))]
    ) { outputs, inputs in [loss(outputs[0], inputs[0]), outputs[0]] }

    trained = withLoss.parameters.indices.filter { position in
      let slot = withLoss.parameters[position]
      return slot.role == .trained && isTrained(slot)
    }
    guard !trained.isEmpty else {
      throw ConvNetError(.invalidArgument, "the network has no parameter to train")
    }
    graph = try withLoss.differentiated(
      withLoss.outputs[0], withRespectTo: trained.map { withLoss.parameters[$0].value }
    ).graph
    self.batch = batch
    self.loss = loss
    let inputs = withLoss.inputs
    targetPosition = inputs.count - 1
    randomKeyPosition = withLoss.randomKeyInput.flatMap { inputs.firstIndex(of: $0) }
  }
}
