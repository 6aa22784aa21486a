@testable import ConvNet
import Testing

/// Networks with bfloat16 allowed: how far their scores are from float64, and that they learn.
@Suite(.serialized) struct BFloat16Tests {
  struct Network: Sendable, CustomTestStringConvertible {
    let name: String
    let size: Int
    var testDescription: String { "\(name) at \(size)" }
  }

  static let networks = [
    Network(name: "lenet5", size: 28), Network(name: "primer", size: 32),
    Network(name: "resnet20", size: 32), Network(name: "resnet18", size: 64),
    Network(name: "resnet50", size: 64), Network(name: "mobilenet_v2", size: 64),
  ]

  /// The documented bound: a relative L2 error of the scores of 1e-2.
  @Test(arguments: networks) func scoresAreCloseToFloat64(_ network: Network) throws {
    let entry = try Zoo.entry(network.name)
    let channels = entry.input[0]
    let net = try entry.make(
      classes: 100, channels: channels, size: Size2D(height: network.size, width: network.size))
    let graph = try Graph(net, input: [channels, network.size, network.size]).reshaped(batch: 2)
    let weights = graph.initialWeights(seed: 4)
    let input = Initializer.normal(standardDeviation: 1).tensor(
      shape: graph.shape(graph.inputs[0]), name: "input", seed: 5)
    let expected = try ReferenceExecutor<Double>(graph).run(
      parameters: graph.matching(weights).map(ReferenceArray.init),
      inputs: [ReferenceArray(input)])[0].elements
    func error(_ options: EngineOptions) throws -> Double {
      let plan = try Plan(graph, options: options)
      let actual = try Executor(plan, weights: weights).run([input])[0].elements
      var (difference, norm) = (0.0, 0.0)
      for (a, e) in zip(actual, expected) {
        difference += (Double(a) - e) * (Double(a) - e)
        norm += e * e
      }
      return (difference / norm).squareRoot()
    }
    for instructionSet in InstructionSet.available {
      // With Winograd where it is faster, and with every layer rounded that can be.
      for algorithms in [EngineOptions.Algorithms.automatic, .exactOrder] {
        let rounded = try error(
          EngineOptions(
            instructionSet: instructionSet, algorithms: algorithms, precision: .bfloat16))
        #expect(rounded <= 1e-2, "\(instructionSet) \(algorithms)")
        #expect(rounded > 1e-4, "nothing was rounded on \(instructionSet), \(algorithms)")
        print("\(network) \(instructionSet) \(algorithms): relative error \(rounded)")
      }
    }
  }

  @Test func aTrainingReachesTheSameAccuracy() throws {
    var configuration = TrainingConfiguration()
    configuration.epochs = 15
    configuration.batch = 8
    configuration.learningRate = 0.1
    configuration.seed = 5
    configuration.augmentation = .none
    func train(
      _ precision: EngineOptions.Precision, threads: Int
    ) throws -> (weights: [Tensor?], evaluation: Evaluation) {
      let options = EngineOptions(
        threads: threads, algorithms: .exactOrder, precision: precision)
      let trainer = try Trainer(
        Model(SmallClassifier(), input: [1, 8, 8], seed: 2), training: Pictures(),
        evaluation: Pictures(count: 20, seed: 9), configuration: configuration, options: options)
      _ = try trainer.fit()
      let evaluation = try trainer.bestModel.evaluate(
        on: Pictures(count: 20, seed: 9), batch: 8, options: options)
      let weights = trainer.model.weights
      return (weights.names.map { weights[$0] }, evaluation)
    }
    let full = try train(.float32, threads: 1)
    let mixed = try train(.bfloat16, threads: 1)
    #expect(full.evaluation.accuracy == 1)
    #expect(mixed.evaluation.accuracy == 1)
    #expect(abs(mixed.evaluation.loss - full.evaluation.loss) < 0.1)
    #expect(mixed.weights != full.weights, "bfloat16 rounded nothing")
    let threaded = try train(.bfloat16, threads: 3)
    #expect(threaded.weights == mixed.weights, "other bits with three threads")
  }

  @Test func predictorsRoundWhenTheyMay() async throws {
    let model = try Model(SmallClassifier(), input: [1, 8, 8], seed: 2)
    let image = try Pictures().image(at: 0)
    let full = try await model.predictor()(image)
    let rounded = try await model.predictor(options: EngineOptions(precision: .bfloat16))(image)
    #expect(rounded != full)
    #expect(largestDifference(rounded, full) < 2e-2)
  }
}
