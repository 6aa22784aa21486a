import ConvNetEngine
import ConvNetGraph
import Testing

/// The largest difference of two tensors relative to the expected one's largest number, but at least to
/// a tenth: the gradient of a bias in front of a batch norm is 0 but for rounding.
func relativeDifference(_ actual: Tensor, _ expected: ReferenceArray<Double>) -> Double {
  guard actual.shape == expected.shape else { return .infinity }
  let scale = expected.elements.reduce(0.1) { max($0, abs($1)) }
  var largest = 0.0
  for (a, e) in zip(actual.elements, expected.elements) {
    let difference = abs(Double(a) - e)
    if !(difference <= largest) { largest = difference.isNaN ? .infinity : difference }
  }
  return largest / scale
}

/// Runs a graph on the engine with every instruction set and several thread counts, and expects what
/// the float64 reference gives, and the same bits at every thread count.
func expectAgreement(
  _ graph: Graph, purpose: Plan.Purpose = .inference, seed: UInt64, tolerance: Double = 2e-5,
  algorithms: EngineOptions.Algorithms = .automatic,
  precision: EngineOptions.Precision = .float32, inputs given: [Tensor]? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let weights = graph.initialWeights(seed: seed)
  let inputs =
    given
    ?? graph.inputs.enumerated().map { position, id in
      Initializer.normal(standardDeviation: 1).tensor(
        shape: graph.shape(id), name: "input\(position)", seed: seed)
    }
  let expected = try ReferenceExecutor<Double>(graph).run(
    parameters: graph.matching(weights).map(ReferenceArray.init),
    inputs: inputs.map(ReferenceArray.init))
  for instructionSet in InstructionSet.available {
    var first: [Tensor]?
    for threads in [1, 2, 3] {
      let options = EngineOptions(
        threads: threads, instructionSet: instructionSet, algorithms: algorithms,
        precision: precision)
      let plan = try Plan(graph, purpose: purpose, options: options)
      let executor = try Executor(plan, weights: weights)
      let actual = try executor.run(inputs)
      for (position, (a, e)) in zip(actual, expected).enumerated() {
        let difference = relativeDifference(a, e)
        #expect(
          difference <= tolerance,
          "output \(position) on \(instructionSet), \(threads) threads: \(difference)\n\(plan)",
          sourceLocation: sourceLocation)
      }
      if let first {
        #expect(
          actual == first, "other bits with \(threads) threads on \(instructionSet)",
          sourceLocation: sourceLocation)
      }
      first = first ?? actual
      if purpose == .inference {
        #expect(try executor.run(inputs) == actual, sourceLocation: sourceLocation)
      }
    }
  }
}

/// The graph with backward kernels too: outputs are the function's, then the gradients of inputs and
/// trained parameters; the gradients of the outputs are new inputs.
func withGradients(_ graph: Graph) throws -> Graph {
  let parameters = graph.parameters.filter { $0.role == .trained }.map(\.value)
  return try graph.differentiatedByOutputGradients(withRespectTo: graph.inputs + parameters).graph
}
