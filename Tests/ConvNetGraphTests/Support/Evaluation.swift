import ConvNetGraph
import Testing

/// What a traced function gives for these inputs, by the reference loops in Float64.
func evaluate(_ inputs: [Tensor], _ trace: ([Value]) -> [Value]) throws -> [Tensor] {
  let graph = try Graph(inputs: inputs.map(\.shape), trace)
  return try ReferenceExecutor<Double>(graph).run(graph.initialWeights(seed: 1), inputs)
}

/// What a traced function of one input gives for these numbers.
func evaluate(_ shape: Shape, _ numbers: [Float], _ trace: (Value) -> Value) throws -> Tensor {
  try evaluate([Tensor(shape, numbers)]) { [trace($0[0])] }[0]
}

/// The text of the error that tracing a function of one input ends with.
func mistake(_ shape: Shape, _ trace: (Value) -> Value) -> String? {
  mistake([shape]) { [trace($0[0])] }
}

/// The text of the error that tracing a function ends with.
func mistake(_ shapes: [Shape], _ trace: ([Value]) -> [Value]) -> String? {
  #expect(throws: ConvNetError.self) { try Graph(inputs: shapes, trace) }?.description
}
