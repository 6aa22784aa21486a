import ConvNetEngine
import ConvNetGraph
import Testing

/// Wide layers on small pictures, where weights outnumber results, and the other way round.
private struct Net: Module {
  let conv1 = Conv2d(inChannels: 3, outChannels: 40, kernelSize: 3, padding: 1, bias: false)
  let bn1 = BatchNorm2d(40)
  let conv2 = Conv2d(inChannels: 40, outChannels: 72, kernelSize: 3, stride: 2, padding: 1)
  let bn2 = BatchNorm2d(72)
  let conv3 = Conv2d(inChannels: 72, outChannels: 72, kernelSize: 3, padding: 1, bias: false)
  let bn3 = BatchNorm2d(72)
  let fc = Linear(72, 10)

  func forward(_ x: Value) -> Value {
    let x = F.relu(bn1(conv1(x)))
    let y = F.relu(bn2(conv2(x)))
    return fc(F.flatten(F.globalAvgPool2d(F.relu(bn3(conv3(y)) + y))))
  }
}

/// Plans that are known to run once prepare nothing ahead.
@Suite struct SingleRunTests {
  private let graph: Graph
  private let weights: Weights
  private let input: Tensor

  init() throws {
    graph = try Graph(Net(), input: [3, 18, 14])
    let random = CounterRandom(seed: 5, stream: "statistics")
    var weights = graph.initialWeights(seed: 3)
    // Statistics as after training: neither 0 nor 1.
    for slot in graph.parameters where slot.name.contains("bn") {
      let variance = slot.name.hasSuffix("running_var")
      weights[slot.name] = try Tensor(
        slot.shape,
        (0..<slot.shape.count).map {
          Float(random.uniform(at: UInt64($0))) + (variance ? 0.5 : -0.5)
        })
    }
    self.weights = weights
    input = Initializer.normal(standardDeviation: 1).tensor(
      shape: [1, 3, 18, 14], name: "input", seed: 4)
  }

  @Test(arguments: InstructionSet.available)
  func theAnswerIsTheReferences(instructionSet: String) throws {
    let expected = try ReferenceExecutor<Double>(graph).run(weights, [input])[0].elements
    let largest = expected.reduce(0) { max($0, abs($1)) }
    try #require(largest > 0)
    for runs in [1, 2, nil] {
      let options = EngineOptions(instructionSet: instructionSet, expectedRuns: runs)
      let scores = try Executor(Plan(graph, options: options), weights: weights).run([input])[0]
      let worst = zip(scores.elements, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(worst <= 2e-6 * largest, "\(runs.map(String.init) ?? "any number of") runs")
    }
  }

  @Test func everyRunAndThreadCountGivesTheSameBits() throws {
    let executors = try [1, 2, 3].map { threads in
      try Executor(
        Plan(graph, options: EngineOptions(threads: threads, expectedRuns: 1)), weights: weights)
    }
    let expected = try executors[0].run([input])
    for executor in executors {
      for _ in 0..<2 { #expect(try executor.run([input]) == expected) }
    }
  }

  @Test func onlyAPlanForManyRunsPrepares() throws {
    let once = try Plan(graph, options: EngineOptions(expectedRuns: 1))
    let often = try Plan(graph, options: EngineOptions())
    #expect("\(once)".contains(" 0 prepared"))
    #expect(!"\(often)".contains(" 0 prepared"))
    #expect("\(often)".contains("batch norm folded"))
  }
}
