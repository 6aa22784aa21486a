internal import ConvNetEngine
internal import ConvNetFormats
internal import ConvNetGraph
internal import Synchronization

extension TrainerCore {
  /// Evaluates an epoch whose steps are done, and enters it into the history.
  ///
  /// - Returns: why the training ends before the epoch is finished; nil where it is.
  func finishEpoch(
    _ trainingSeconds: Double, startedAt start: Double, _ clock: Stopwatch,
    _ onEvent: (TrainingEvent) -> Void
  ) throws(ConvNetError) -> TrainingResult.Reason? {
    var current = model
    current.weights = runner.weights
    var evaluation: Evaluation?
    if let images = evaluationImages {
      do throws(ConvNetError) {
        evaluation = try current.evaluate(
          on: images, plan: evaluationPlan(images), loaderThreads: loaderThreads,
          skipsUnreadable: configuration.skipsUnreadable
        ) { done in
          onEvent(.evaluating(done: done, of: images.count))
          return !isStopping
        }
      } catch {
        // The epoch is evaluated when the training goes on.
        if error.kind == .cancelled { return .stopped }
        throw error
      }
      for picture in evaluation?.unreadable ?? [] { note(picture, onEvent) }
    }
    let isBest = isBest(evaluation)
    progress.history.append(
      EpochReport(
        epoch: progress.epoch + 1, step: progress.step,
        learningRate: learningRate(step: progress.step - 1),
        trainingLoss: progress.lossSum / Double(stepsPerEpoch),
        trainingAccuracy: Double(progress.hits) / Double(stepsPerEpoch * batch),
        evaluationLoss: evaluation?.loss, evaluationAccuracy: evaluation?.accuracy,
        imagesPerSecond: Double(stepsPerEpoch * batch) / max(trainingSeconds, 1e-9),
        seconds: clock.seconds - start, isBest: isBest))
    if isBest { bestWeights = current.weights }
    progress.epochsWithoutBest = isBest ? 0 : progress.epochsWithoutBest + 1
    progress.epoch += 1
    progress.stepInEpoch = 0
    progress.lossSum = 0
    progress.hits = 0
    keepWeights()
    if let last = progress.history.last { onEvent(.epoch(last)) }
    return nil
  }

  private func evaluationPlan(_ images: any LabeledImages) throws(ConvNetError) -> Plan {
    if let cachedEvaluationPlan { return cachedEvaluationPlan }
    let plan = try Plan(
      model.scoringGraph.reshaped(batch: max(1, min(batch, images.count))), options: options)
    cachedEvaluationPlan = plan
    return plan
  }

  /// Whether the epoch is better than all before: by accuracy, and by loss where that is equal.
  private func isBest(_ evaluation: Evaluation?) -> Bool {
    guard let evaluation else { return true }
    let best = progress.history.last(where: \.isBest)
    guard let accuracy = best?.evaluationAccuracy, let loss = best?.evaluationLoss else {
      return true
    }
    return evaluation.accuracy > accuracy
      || (evaluation.accuracy == accuracy && evaluation.loss < loss)
  }

  /// Makes the weights as they are now the model's, and shows them to the outside.
  func keepWeights() {
    model.weights = runner.weights
    if progress.epoch > 0 {
      model.training = record(progress.history.last, epochs: progress.epoch)
    }
    var best = model
    if let bestWeights, let report = progress.history.last(where: \.isBest) {
      best.weights = bestWeights
      best.training = record(report, epochs: report.epoch)
    }
    let (current, history) = (model, progress.history)
    published.content.withLock { content in
      content = Trainer.Published.Content(model: current, bestModel: best, history: history)
    }
  }

  private func record(_ report: EpochReport?, epochs: Int) -> TrainingRecord {
    TrainingRecord(
      configuration: configuration, epochs: epochs, accuracy: report?.evaluationAccuracy,
      loss: report?.evaluationLoss)
  }

  // MARK: Mishaps

  /// Deals with the pictures of a batch that cannot be read.
  func note(
    _ loaded: BatchLoader.Batch, _ onEvent: (TrainingEvent) -> Void
  ) throws(ConvNetError) {
    guard let first = loaded.failures.first else { return }
    guard configuration.skipsUnreadable else { throw first.error }
    for failure in loaded.failures {
      note(UnreadablePicture(name: images.name(at: failure.picture), failure.error), onEvent)
    }
    let preprocessing = model.preprocessing
    try loaded.replaceFailures(
      size: preprocessing.channels * preprocessing.height * preprocessing.width)
  }

  private func note(_ picture: UnreadablePicture, _ onEvent: (TrainingEvent) -> Void) {
    guard !progress.unreadable.contains(picture) else { return }
    progress.unreadable.append(picture)
    onEvent(.unreadable(picture))
  }

  /// The end of a training whose loss is not finite; the batch was written into the inputs again.
  func diverged(_ loss: Double) -> ConvNetError {
    func tensor(_ position: Int) -> Tensor {
      let graph = runner.executor.plan.graph
      return Tensor(uninitialized: graph.shape(graph.inputs[position])) { target in
        runner.executor.withInput(position) { _ = target.update(fromContentsOf: $0) }
      }
    }
    let images = tensor(0)
    let culprit = runner.firstNonFinite(
      images: images, targets: tensor(runner.training.targetPosition),
      randomKey: runner.training.randomKeyPosition.map(tensor) ?? Tensor([4]))
    let error = ConvNetError(
      .diverged,
      "training diverged in step \(progress.step + 1) (epoch \(progress.epoch + 1)): "
        + "the loss is \(loss)",
      reason: culprit.map { "the first that is not finite is \($0)" },
      advice:
        "the model keeps its last good weights; lower the learning rate (\(learningRate(step: progress.step)) at this step), lengthen the "
        + "warm-up, or limit the gradient's norm")
    failure = error
    return error
  }
}
