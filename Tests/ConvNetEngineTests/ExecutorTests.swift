import ConvNetEngine
import ConvNetGraph
import Testing

private struct Net: Module {
  let first = Conv2d(inChannels: 3, outChannels: 5, kernelSize: 3, padding: 1)
  let second = Conv2d(inChannels: 5, outChannels: 5, kernelSize: 3, stride: 2)
  let third = Conv2d(inChannels: 5, outChannels: 5, kernelSize: 3, padding: 1)

  func forward(_ x: Value) -> Value {
    let y = F.relu(second(F.relu(first(x))))
    return F.relu(third(y) + y)
  }
}

private func randomTensor(_ shape: Shape, seed: UInt64) -> Tensor {
  Initializer.normal(standardDeviation: 1).tensor(shape: shape, name: "test", seed: seed)
}

@Suite struct ExecutorTests {
  @Test func anExecutorAgreesWithTheReference() throws {
    let graph = try Graph(Net(), input: [3, 11, 9]).reshaped(batch: 2)
    let weights = graph.initialWeights(seed: 3)
    let input = randomTensor([2, 3, 11, 9], seed: 4)
    let expected = try ReferenceExecutor<Float>(graph).run(weights, [input])
    for threads in [1, 2, 3] {
      let plan = try Plan(graph, options: EngineOptions(threads: threads, algorithms: .reference))
      let executor = try Executor(plan, weights: weights)
      for _ in 0..<3 { #expect(try executor.run([input]) == expected) }
    }
  }

  @Test func missingAndMisshapenWeightsAreAllNamed() throws {
    let graph = try Graph(Net(), input: [3, 11, 9])
    var weights = graph.initialWeights(seed: 3)
    weights["first.bias"] = nil
    weights["second.weight"] = Tensor([5, 5, 1, 1])
    let plan = try Plan(graph)
    let error = #expect(throws: ConvNetError.self) { try Executor(plan, weights: weights) }
    #expect(
      error?.description == """
        the weights do not fit the network: 2 problems
          'first.bias' [5] is missing; 'second.weight' is [5, 5, 1, 1], expected [5, 5, 3, 3]
        """)
  }

  @Test func anUnknownInstructionSetIsAnError() throws {
    let graph = try Graph(Net(), input: [3, 11, 9])
    let error = #expect(throws: ConvNetError.self) {
      try Plan(graph, options: EngineOptions(instructionSet: "mmx"))
    }
    #expect(error?.kind == .invalidArgument)
    #expect(error?.reason?.contains(InstructionSet.available.joined(separator: ", ")) == true)
  }

  @Test func theArenaIsSmallerThanTheSumOfItsBuffers() throws {
    let graph = try Graph(Net(), input: [3, 64, 64])
    let plan = try Plan(graph, options: EngineOptions(algorithms: .reference))
    let sum = graph.nodes.flatMap(\.outputs).reduce(0) { $0 + graph.shape($1).count * 4 }
    #expect(plan.arenaBytes < sum)
  }
}
