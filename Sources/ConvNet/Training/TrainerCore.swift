internal import ConvNetEngine
internal import ConvNetFormats
internal import ConvNetGraph
internal import Synchronization

/// The training itself: what a ``Trainer`` guards.
final class TrainerCore {
  let images: any LabeledImages
  let evaluationImages: (any LabeledImages)?
  let options: EngineOptions
  let loaderThreads: Int
  let published: Trainer.Published

  let configuration: TrainingConfiguration
  private let data: DataFingerprint
  let runner: TrainingRunner
  private let writer: InputWriter
  let batch: Int
  let stepsPerEpoch: Int

  /// The model with the last good weights.
  var model: Model
  var bestWeights: Weights?
  var progress: TrainingState.Progress
  var cachedEvaluationPlan: Plan?
  /// The error that ended the training for good.
  var failure: ConvNetError?

  init(
    _ state: TrainingState, training: any LabeledImages, evaluation: (any LabeledImages)?,
    options: EngineOptions, loaderThreads: Int, published: Trainer.Published
  ) throws(ConvNetError) {
    try state.configuration.validate()
    try state.model.checkMetadata()
    try state.model.checkClasses(of: training)
    if let evaluation { try state.model.checkClasses(of: evaluation) }
    guard training.count >= 2 else {
      throw ConvNetError(
        .invalidArgument, "\(training.count) training pictures are too few",
        reason: "at least 2 are needed")
    }
    images = training
    evaluationImages = evaluation
    self.options = options
    self.loaderThreads = loaderThreads
    self.published = published
    configuration = state.configuration
    data = state.data
    model = state.model
    bestWeights = state.bestWeights
    progress = state.progress
    batch = min(configuration.batch, training.count)
    stepsPerEpoch = training.count / batch

    try TrainerCore.checkFrozen(configuration.frozen, state.model.graph)
    let graph = try TrainingGraph(state.model.scoringGraph, batch: batch, loss: configuration.loss)
    {
      slot in
      !state.configuration.frozen.contains { slot.name.hasPrefix($0) }
    }
    runner = try TrainingRunner(
      graph, weights: state.model.weights, optimizer: configuration.optimizer,
      decaysAll: configuration.decaysAll, seed: configuration.seed, options: options)
    runner.updates.moments = state.moments
    runner.updates.stepCount = progress.step
    writer = InputWriter(
      state.model.preprocessing, batch: batch, threads: runner.executor.plan.threads)
    keepWeights()
  }

  private static func checkFrozen(_ frozen: [String], _ graph: Graph) throws(ConvNetError) {
    for prefix in frozen where !graph.parameters.contains(where: { $0.name.hasPrefix(prefix) }) {
      throw ConvNetError(
        .invalidArgument, "no parameter's name begins with '\(prefix)', which is to be frozen",
        advice: "the names are those of the state dict, such as '"
          + (graph.parameters.first?.name ?? "conv1.weight") + "'")
    }
  }

  /// Everything needed to go on later; after a divergence there is nothing to go on with.
  func state() throws(ConvNetError) -> TrainingState {
    if let failure { throw failure }
    var current = model
    current.weights = runner.weights
    return TrainingState(
      model: current, configuration: configuration, moments: runner.updates.moments,
      bestWeights: bestWeights, progress: progress, data: data)
  }

  // MARK: The training

  func run(
    save: (@Sendable (TrainingState) throws(ConvNetError) -> Void)?,
    onEvent: (TrainingEvent) -> Void
  ) throws(ConvNetError) -> TrainingResult {
    if let failure { throw failure }
    let clock = Stopwatch(after: progress.seconds)
    onEvent(.started(outline))
    var reason = TrainingResult.Reason.completed
    do throws(ConvNetError) {
      reason = try runEpochs(clock, save: save, onEvent: onEvent)
    } catch {
      // What was learnt up to an unreadable picture is not lost.
      if failure == nil {
        keepWeights()
        try save?(state())
      }
      throw error
    }
    let result = TrainingResult(
      reason: reason, history: progress.history,
      bestEpoch: progress.history.last(where: \.isBest)?.epoch, unreadable: progress.unreadable,
      seconds: progress.seconds)
    onEvent(.finished(result))
    return result
  }

  private func runEpochs(
    _ clock: Stopwatch, save: (@Sendable (TrainingState) throws(ConvNetError) -> Void)?,
    onEvent: (TrainingEvent) -> Void
  ) throws(ConvNetError) -> TrainingResult.Reason {
    var loader: BatchLoader?
    while progress.epoch < configuration.epochs {
      if isOutOfPatience { return .patience }
      if isStopping { return .stopped }
      let start = clock.seconds
      var ended = try trainEpoch(loader ?? makeLoader(epoch: progress.epoch), clock, onEvent)
      let trainingSeconds = clock.seconds - start
      if ended == nil {
        // The next epoch's first pictures are read while this one is evaluated.
        loader =
          progress.epoch + 1 < configuration.epochs ? makeLoader(epoch: progress.epoch + 1) : nil
        ended = try finishEpoch(trainingSeconds, startedAt: start, clock, onEvent)
      }
      progress.seconds = clock.seconds
      keepWeights()
      try save?(state())
      if let ended { return ended }
    }
    return .completed
  }

  private var outline: TrainingOutline {
    TrainingOutline(
      epochs: configuration.epochs, firstEpoch: progress.epoch, stepsPerEpoch: stepsPerEpoch,
      batch: batch, trainingCount: images.count,
      leftOutPerEpoch: images.count - stepsPerEpoch * batch,
      evaluationCount: evaluationImages?.count ?? 0,
      arenaBytes: runner.executor.plan.arenaBytes)
  }

  var isStopping: Bool { published.isStopping.load(ordering: .relaxed) }

  private var isOutOfPatience: Bool {
    guard let patience = configuration.patience else { return false }
    return progress.epochsWithoutBest >= patience
  }

  private func makeLoader(epoch: Int) -> BatchLoader {
    let order = CounterRandom(seed: configuration.seed, stream: "shuffle/\(epoch)")
      .permutation(count: images.count)
    return BatchLoader(
      BatchLoader.Request(
        images: images, order: Array(order.prefix(stepsPerEpoch * batch)), batch: batch,
        firstBatch: epoch == progress.epoch ? progress.stepInEpoch : 0,
        preprocessing: model.preprocessing, augmentation: configuration.augmentation,
        random: CounterRandom(seed: configuration.seed, stream: "augmentation/\(epoch)"),
        threads: loaderThreads))
  }

  /// Trains to the end of an epoch.
  ///
  /// - Returns: why the training ends inside the epoch; nil where the epoch is done.
  private func trainEpoch(
    _ loader: BatchLoader, _ clock: Stopwatch, _ onEvent: (TrainingEvent) -> Void
  ) throws(ConvNetError) -> TrainingResult.Reason? {
    let started = clock.seconds
    let firstStep = progress.stepInEpoch
    while let loaded = loader.nextBatch() {
      try note(loaded, onEvent)
      feed(loaded)
      let loss = Double(runner.computeGradients())
      guard loss.isFinite else {
        // The run used the inputs' memory for other values.
        feed(loaded)
        runner.writeRandomKey()
        throw diverged(loss)
      }
      progress.lossSum += loss
      progress.hits += hits(loaded)
      let rate = learningRate(step: progress.step)
      let norm = runner.updates.step(learningRate: rate, clipNorm: configuration.clipNorm)
      progress.step += 1
      progress.stepInEpoch += 1
      let seen = Double(progress.stepInEpoch * batch)
      let seconds = clock.seconds - started
      onEvent(
        .step(
          TrainingStep(
            step: progress.step, epoch: progress.epoch + 1, stepInEpoch: progress.stepInEpoch,
            stepsPerEpoch: stepsPerEpoch, loss: loss,
            meanLoss: progress.lossSum / Double(progress.stepInEpoch),
            accuracy: Double(progress.hits) / seen, learningRate: rate, gradientNorm: norm,
            imagesPerSecond: Double((progress.stepInEpoch - firstStep) * batch)
              / max(seconds, 1e-9))))
      if isStopping { return .stopped }
      if let limit = configuration.timeLimit, clock.seconds >= limit { return .timeLimit }
    }
    return nil
  }

  func learningRate(step: Int) -> Double {
    configuration.schedule.learningRate(
      step: step, stepsPerEpoch: stepsPerEpoch,
      totalSteps: configuration.epochs * stepsPerEpoch, peak: configuration.learningRate)
  }

  /// Writes a batch into the executor's inputs.
  private func feed(_ loaded: BatchLoader.Batch) {
    runner.withImages { writer.write(loaded, into: $0) }
    let classes = images.classNames.count
    runner.withTargets { targets in
      for position in 0..<loaded.count {
        configuration.loss.writeTarget(
          label: Int(loaded.labels[position]), position: position, classes: classes,
          into: targets)
      }
    }
  }

  private func hits(_ loaded: BatchLoader.Batch) -> Int {
    let classes = images.classNames.count
    return runner.withScores { scores in
      var hits = 0
      for position in 0..<loaded.count {
        let own = UnsafeBufferPointer(
          rebasing: scores[(position * classes)..<((position + 1) * classes)])
        if Scores.best(own) == Int(loaded.labels[position]) { hits += 1 }
      }
      return hits
    }
  }
}
