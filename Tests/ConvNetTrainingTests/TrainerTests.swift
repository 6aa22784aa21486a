@testable import ConvNet
import Synchronization
import Testing

private func configuration(epochs: Int = 3) -> TrainingConfiguration {
  var configuration = TrainingConfiguration()
  configuration.epochs = epochs
  configuration.batch = 8
  configuration.learningRate = 0.1
  configuration.seed = 5
  return configuration
}

private func model(dropout: Double = 0) throws -> Model {
  try Model(SmallClassifier(dropout: dropout), input: [1, 8, 8], seed: 2)
}

/// Collects events from the training's thread.
private final class Events: Sendable {
  private let list = Mutex<[TrainingEvent]>([])
  func add(_ event: TrainingEvent) { list.withLock { $0.append(event) } }
  var all: [TrainingEvent] { list.withLock { $0 } }
  var steps: [TrainingStep] {
    all.compactMap { if case .step(let step) = $0 { step } else { nil } }
  }
}

@Suite(.serialized) struct TrainerTests {
  @Test func aSmallSetIsLearntByHeart() throws {
    var configuration = configuration(epochs: 15)
    configuration.augmentation = .none
    let trainer = try Trainer(
      model(), training: Pictures(), evaluation: Pictures(count: 20, seed: 9),
      configuration: configuration)
    let result = try trainer.fit()
    #expect(result.reason == .completed)
    #expect(result.history.count == 15)
    #expect(result.history.last?.trainingAccuracy == 1)
    #expect((result.history.last?.trainingLoss ?? 9) < 0.2)
    #expect(trainer.history == result.history)

    let evaluation = try trainer.bestModel.evaluate(on: Pictures(count: 20, seed: 9), batch: 8)
    #expect(evaluation.count == 20)
    #expect(evaluation.accuracy == 1)
    let best = try #require(result.bestEpoch)
    #expect(evaluation.loss == result.history[best - 1].evaluationLoss)
    #expect(evaluation.confusion.counts == [7, 0, 0, 0, 7, 0, 0, 0, 6])
    #expect(trainer.bestModel.training?.epochs == best)
    #expect(trainer.model.labels == ["rows", "columns", "middle"])
  }

  @Test(arguments: [LossCase.weighted, .squared])
  func otherLossesFallToo(_ loss: LossCase) throws {
    var configuration = configuration(epochs: 6)
    configuration.loss = loss.loss
    configuration.optimizer = .adamW()
    configuration.learningRate = 0.02
    let result = try Trainer(model(), training: Pictures(), configuration: configuration).fit()
    let losses = result.history.map(\.trainingLoss)
    #expect(try #require(losses.last) < 0.8 * losses[0])
  }

  enum LossCase: CaseIterable {
    case weighted, squared
    var loss: Loss {
      self == .weighted
        ? .crossEntropy(labelSmoothing: 0.1, classWeights: [1, 2, 0.5]) : .meanSquaredError
    }
  }

  @Test func theBitsAreTheSameAtAnyNumberOfThreads() throws {
    var configuration = configuration(epochs: 2)
    configuration.augmentation = .strong
    configuration.clipNorm = 1
    func train(_ threads: Int, _ loaderThreads: Int) throws -> (Weights, [Double]) {
      let trainer = try Trainer(
        model(dropout: 0.3), training: Pictures(count: 30), evaluation: Pictures(count: 7),
        configuration: configuration, options: EngineOptions(threads: threads),
        loaderThreads: loaderThreads)
      let result = try trainer.fit()
      return (
        trainer.model.weights,
        result.history.flatMap { [$0.trainingLoss, $0.evaluationLoss ?? 0] }
      )
    }
    let expected = try train(1, 1)
    for (threads, loaderThreads) in [(1, 0), (2, 2), (3, 3), (2, 0)] {
      let found = try train(threads, loaderThreads)
      #expect(found.0.isIdentical(to: expected.0), "\(threads) and \(loaderThreads) threads")
      #expect(found.1 == expected.1)
    }
  }

  @Test(arguments: [1, 3, 4, 7])
  func aResumedTrainingEndsWithTheSameBits(_ stopAfter: Int) throws {
    var configuration = configuration(epochs: 3)
    configuration.augmentation = .strong
    configuration.optimizer = .adamW()
    configuration.learningRate = 0.01
    let (training, evaluation) = (Pictures(count: 27), Pictures(count: 5))
    let whole = try Trainer(
      model(dropout: 0.2), training: training, evaluation: evaluation,
      configuration: configuration)
    let expected = try whole.fit()

    let folder = try TemporaryFolder()
    let first = try Trainer(
      model(dropout: 0.2), training: training, evaluation: evaluation,
      configuration: configuration)
    let path = folder("state.safetensors")
    let stopped = try first.fit { event in
      if case .step(let step) = event, step.step == stopAfter { first.stop() }
    } save: { (state) throws(ConvNetError) in
      try state.save(to: path)
    }
    #expect(stopped.reason == .stopped)

    let state = try TrainingState(contentsOf: path)
    #expect(state.progress.step == stopAfter)
    let second = try Trainer(resuming: state, training: training, evaluation: evaluation)
    let result = try second.fit()
    #expect(result.reason == .completed)
    #expect(second.model.weights.isIdentical(to: whole.model.weights))
    #expect(second.bestModel.weights.isIdentical(to: whole.bestModel.weights))
    #expect(result.history.map(\.trainingLoss) == expected.history.map(\.trainingLoss))
    #expect(result.history.map(\.evaluationLoss) == expected.history.map(\.evaluationLoss))
    #expect(result.bestEpoch == expected.bestEpoch)

    // The one that was stopped can go on too.
    #expect(try first.fit().reason == .completed)
    #expect(first.model.weights.isIdentical(to: whole.model.weights))
  }

  @Test func otherPicturesAreNotGoneOnWith() throws {
    let trainer = try Trainer(model(), training: Pictures(), configuration: configuration())
    let state = try trainer.state()
    let error = #expect(throws: ConvNetError.self) {
      try Trainer(resuming: state, training: Pictures(count: 23))
    }
    #expect(
      error?.summary == "the training pictures are not those that the training began with")
  }

  @Test func divergenceNamesStepAndTensorAndKeepsTheWeights() throws {
    var configuration = configuration()
    configuration.learningRate = 1e30
    configuration.schedule = .constant
    configuration.augmentation = .none
    let trainer = try Trainer(
      model(), training: Pictures(), evaluation: Pictures(count: 6), configuration: configuration)
    let before = trainer.model.weights
    let error = #expect(throws: ConvNetError.self) { try trainer.fit() }
    #expect(error?.kind == .diverged)
    #expect(error?.summary.hasPrefix("training diverged in step 2 (epoch 1): the loss is ") == true)
    #expect(error?.reason == "the first that is not finite is the result of 'conv2' [8, 8, 8, 8]")
    #expect(
      error?.advice?.hasPrefix("the model keeps its last good weights; lower the learning rate")
        == true)
    #expect(trainer.model.weights.isIdentical(to: before))
    #expect(throws: ConvNetError.self) { try trainer.fit() }
    #expect(throws: ConvNetError.self) { try trainer.state() }
  }

  @Test func aWeightThatIsNotFiniteIsNamed() throws {
    var model = try model()
    model.weights["conv2.bias"]?[3] = .nan
    let trainer = try Trainer(model, training: Pictures(), configuration: configuration())
    let error = #expect(throws: ConvNetError.self) { try trainer.fit() }
    #expect(error?.reason == "the first that is not finite is parameter 'conv2.bias'")
  }

  @Test func stoppingFinishesTheStep() throws {
    let events = Events()
    let trainer = try Trainer(
      model(), training: Pictures(), configuration: configuration(epochs: 100))
    let result = try trainer.fit { event in
      events.add(event)
      if case .step(let step) = event, step.step == 2 { trainer.stop() }
    }
    #expect(result.reason == .stopped)
    #expect(events.steps.map(\.step) == [1, 2])
    #expect(try trainer.state().progress.stepInEpoch == 2)
  }

  @Test func aTrainingThatIsStoppedBeforeItBeginsDoesNotBegin() throws {
    let trainer = try Trainer(model(), training: Pictures(), configuration: configuration())
    trainer.stop()
    let result = try trainer.fit()
    #expect(result.reason == .stopped && result.history.isEmpty)
    #expect(try trainer.state().progress.step == 0)
    #expect(try trainer.fit().reason == .completed)
  }

  @Test func eventsComeInOrderAndEndWhenNobodyListens() async throws {
    let trainer = try Trainer(
      model(), training: Pictures(), evaluation: Pictures(count: 6),
      configuration: configuration(epochs: 2))
    var kinds: [String] = []
    for try await event in trainer.events() {
      switch event {
      case .started(let outline):
        #expect(outline.stepsPerEpoch == 3)
        kinds.append("started")
      case .step(let step): kinds.append("step \(step.step)")
      case .evaluating(let done, let count): kinds.append("evaluating \(done)/\(count)")
      case .epoch(let epoch): kinds.append("epoch \(epoch.epoch)")
      case .unreadable: kinds.append("unreadable")
      case .finished(let result): kinds.append("\(result.reason)")
      }
    }
    #expect(
      kinds == [
        "started", "step 1", "step 2", "step 3", "evaluating 6/6", "epoch 1", "step 4", "step 5",
        "step 6", "evaluating 6/6", "epoch 2", "completed",
      ])

    let long = try Trainer(
      model(), training: Pictures(), configuration: configuration(epochs: 1_000_000))
    for try await event in long.events() {
      if case .step(let step) = event, step.step == 4 { break }
    }
    // Waits for the training's end, which comes because the loop was left.
    #expect(try long.state().progress.step >= 4)
  }

  @Test func anUnreadablePictureIsAnErrorOrPassedOver() throws {
    var configuration = configuration(epochs: 2)
    configuration.measuresNormalization = false
    let pictures = Pictures(broken: [5, 6])
    let strict = try Trainer(model(), training: pictures, configuration: configuration)
    let error = #expect(throws: ConvNetError.self) { try strict.fit() }
    #expect(error?.kind == .invalidData)
    #expect(error?.summary.hasSuffix(".png: is cut short") == true)

    configuration.skipsUnreadable = true
    let events = Events()
    let trainer = try Trainer(
      model(), training: pictures, evaluation: Pictures(count: 6, broken: [0]),
      configuration: configuration)
    let result = try trainer.fit { events.add($0) }
    #expect(
      Set(result.unreadable.map(\.name))
        == ["pictures/5.png", "pictures/6.png", "pictures/0.png"])
    #expect(result.unreadable.allSatisfy { $0.reason.hasSuffix("is cut short") })
    let told = events.all.count { if case .unreadable = $0 { true } else { false } }
    #expect(told == 3)
    let evaluation = try trainer.model.evaluate(
      on: Pictures(count: 6, broken: [0]), skipsUnreadable: true)
    #expect(evaluation.count == 5)
    #expect(evaluation.unreadable.map(\.name) == ["pictures/0.png"])
  }

  @Test func patienceEndsATraining() throws {
    var configuration = configuration(epochs: 50)
    // Nothing is learnt, so the first epoch stays the best.
    configuration.learningRate = 1e-30
    configuration.patience = 3
    configuration.frozen = ["bn1.running"]
    configuration.optimizer = .sgd()
    let trainer = try Trainer(
      model(), training: Pictures(), evaluation: Pictures(count: 6), configuration: configuration)
    let result = try trainer.fit()
    #expect(result.reason == .patience)
    let best = try #require(result.bestEpoch)
    #expect(result.history.count == best + 3)
  }

  @Test func timeEndsATraining() throws {
    var configuration = configuration(epochs: 1_000_000)
    configuration.timeLimit = 0.05
    let trainer = try Trainer(model(), training: Pictures(), configuration: configuration)
    let result = try trainer.fit()
    #expect(result.reason == .timeLimit)
    #expect(result.seconds >= 0.05)
  }

  @Test func frozenParametersStayAsTheyAre() throws {
    var configuration = configuration()
    configuration.frozen = ["conv", "bn1.weight"]
    let trainer = try Trainer(model(), training: Pictures(), configuration: configuration)
    let before = trainer.model.weights
    try trainer.fit()
    let after = trainer.model.weights
    for name in ["conv1.weight", "conv2.weight", "conv2.bias", "bn1.weight"] {
      #expect(after[name] == before[name])
    }
    for name in ["fc.weight", "fc.bias", "bn1.bias", "bn1.running_mean", "bn1.running_var"] {
      #expect(after[name] != before[name])
    }
    configuration.frozen = ["layer9"]
    let error = #expect(throws: ConvNetError.self) {
      try Trainer(self.frozenModel(), training: Pictures(), configuration: configuration)
    }
    #expect(
      error?.summary == "no parameter's name begins with 'layer9', which is to be frozen")
  }

  private func frozenModel() throws -> Model { try model() }

  @Test func normalisationIsMeasuredUnlessItIsGiven() throws {
    var configuration = configuration()
    let pictures = Pictures(count: 9)
    let trainer = try Trainer(model(), training: pictures, configuration: configuration)
    let statistics = try DatasetStatistics(of: pictures)
    #expect(abs(trainer.model.preprocessing.mean[0] - statistics.mean[0]) < 1e-12)
    #expect(
      abs(
        trainer.model.preprocessing.standardDeviation[0] - statistics.standardDeviation[0])
        < 1e-12)
    configuration.measuresNormalization = false
    var given = try model()
    given.preprocessing.mean = [0.25]
    let other = try Trainer(given, training: pictures, configuration: configuration)
    #expect(other.model.preprocessing.mean == [0.25])
  }

  @Test func whatDoesNotFitIsAnError() throws {
    let four = try Model(SmallClassifier(classes: 4), input: [1, 8, 8])
    let error = #expect(throws: ConvNetError.self) {
      try Trainer(four, training: Pictures(), configuration: configuration())
    }
    #expect(
      error?.description == """
        the network gives 4 scores, the pictures have 3 classes
          make the network for 3 classes
        """)
    #expect(throws: ConvNetError.self) {
      try Trainer(model(), training: Pictures(count: 1), configuration: configuration())
    }
    var wrong = configuration()
    wrong.batch = 0
    #expect(throws: ConvNetError.self) {
      try Trainer(model(), training: Pictures(), configuration: wrong)
    }
    wrong = configuration()
    wrong.loss = .crossEntropy(classWeights: [1, 2])
    let weights = #expect(throws: ConvNetError.self) {
      try Trainer(model(), training: Pictures(), configuration: wrong)
    }
    #expect(weights?.summary == "2 class weights for 3 classes")
  }

  @Test func theConfigurationIsReadBack() throws {
    var configuration = configuration()
    configuration.loss = .crossEntropy(labelSmoothing: 0.1, classWeights: [1, 2])
    configuration.schedule = LearningRateSchedule(.oneCycle(), warmupEpochs: 0.5)
    configuration.optimizer = .rmsprop(momentum: 0.5, centered: true)
    configuration.augmentation = .strong
    configuration.clipNorm = 2
    configuration.patience = 4
    let value = try JSONValue(encoding: configuration)
    #expect(
      try value.decode(TrainingConfiguration.self, name: "c", rejectsUnknownKeys: true)
        == configuration)
    #expect(
      try JSONValue(parsing: "{}").decode(TrainingConfiguration.self, name: "c")
        == TrainingConfiguration())
    let error = #expect(throws: ConvNetError.self) {
      try JSONValue(parsing: #"{"optimizer": {"name": "sdg"}}"#)
        .decode(TrainingConfiguration.self, name: "config.json")
    }
    #expect(error?.summary == "config.json: unknown optimizer 'sdg'")
  }
}
