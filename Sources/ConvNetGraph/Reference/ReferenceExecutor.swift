/// Runs a graph by the plain loops of its operations: the oracle that every plan must agree with.
public struct ReferenceExecutor<Scalar: ReferenceScalar>: Sendable {
  /// The graph that is run.
  public let graph: Graph

  /// An executor of a graph.
  public init(_ graph: Graph) {
    self.graph = graph
  }

  /// All values of the graph, in the order of ``Graph/values``.
  ///
  /// - Parameters:
  ///   - parameters: one array per slot, in the slots' order.
  ///   - inputs: one array per input of the graph.
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where a shape differs.
  public func allValues(
    parameters: [ReferenceArray<Scalar>], inputs: [ReferenceArray<Scalar>]
  ) throws(ConvNetError) -> [ReferenceArray<Scalar>] {
    var values = [ReferenceArray<Scalar>?](repeating: nil, count: graph.values.count)
    func store(_ array: ReferenceArray<Scalar>, at id: ValueID) throws(ConvNetError) {
      let info = graph.values[id.index]
      guard array.shape == info.shape else {
        throw ConvNetError(
          .invalidArgument, "\(info.name): shape \(array.shape) where \(info.shape) is expected")
      }
      values[id.index] = array
    }
    guard parameters.count == graph.parameters.count, inputs.count == graph.inputs.count else {
      throw ConvNetError(
        .invalidArgument,
        "\(parameters.count) parameters and \(inputs.count) inputs for a graph that has "
          + "\(graph.parameters.count) and \(graph.inputs.count)")
    }
    for (slot, array) in zip(graph.parameters, parameters) { try store(array, at: slot.value) }
    for (input, array) in zip(graph.inputs, inputs) { try store(array, at: input) }
    for node in graph.nodes {
      let arguments = node.inputs.compactMap { values[$0.index] }
      let results = node.operation.reference(arguments, outputs: graph.shapes(node.outputs))
      for (output, result) in zip(node.outputs, results) { try store(result, at: output) }
    }
    return values.map { $0 ?? ReferenceArray([0], []) }
  }

  /// The graph's outputs.
  public func run(
    parameters: [ReferenceArray<Scalar>], inputs: [ReferenceArray<Scalar>]
  ) throws(ConvNetError) -> [ReferenceArray<Scalar>] {
    let values = try allValues(parameters: parameters, inputs: inputs)
    return graph.outputs.map { values[$0.index] }
  }

  /// The graph's outputs for tensors by name.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where a weight is missing.
  public func run(_ weights: Weights, _ inputs: [Tensor]) throws(ConvNetError) -> [Tensor] {
    var parameters: [ReferenceArray<Scalar>] = []
    for slot in graph.parameters {
      guard let tensor = weights[slot.name] else {
        throw ConvNetError(.invalidArgument, "the weights have no tensor '\(slot.name)'")
      }
      parameters.append(ReferenceArray(tensor))
    }
    return try run(parameters: parameters, inputs: inputs.map(ReferenceArray.init)).map(\.tensor)
  }
}
