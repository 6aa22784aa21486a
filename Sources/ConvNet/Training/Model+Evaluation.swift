public import ConvNetEngine
public import ConvNetFormats
public import ConvNetGraph

/// One picture of an evaluation.
public struct EvaluatedPicture: Sendable {
  /// The picture's number.
  public var index: Int
  /// Where it comes from.
  public var name: String
  /// The position of its class.
  public var label: Int
  /// The network's scores.
  public var scores: [Float]
}

extension Model {
  /// Predicts pictures whose classes are known, every one of them, and says how well it went.
  ///
  /// - Parameters:
  ///   - images: the pictures; their classes are in the order of the scores.
  ///   - batch: the pictures that are computed at once.
  ///   - options: the engine's options.
  ///   - loaderThreads: the threads that read pictures.
  ///   - skipsUnreadable: whether pictures that cannot be read are listed instead of being an error.
  ///   - each: is called for every picture in order, for reports.
  ///   - progress: is called after every batch with the number of pictures done; false ends the work.
  /// - Throws: ``ConvNetError``: the unreadable picture's, of kind `invalidArgument` where pictures and
  ///   network do not fit, or `cancelled` where `progress` says so.
  public func evaluate(
    on images: any LabeledImages, batch: Int = 128, options: EngineOptions = EngineOptions(),
    loaderThreads: Int = 1, skipsUnreadable: Bool = false,
    each: ((EvaluatedPicture) -> Void)? = nil, progress: (_ done: Int) -> Bool = { _ in true }
  ) throws(ConvNetError) -> Evaluation {
    try checkClasses(of: images)
    return try evaluate(
      on: images,
      plan: Plan(
        scoringGraph.reshaped(batch: max(1, min(batch, images.count))), options: options),
      loaderThreads: loaderThreads, skipsUnreadable: skipsUnreadable, each: each,
      progress: progress)
  }

  /// The evaluation with a plan that is there already.
  func evaluate(
    on images: any LabeledImages, plan: Plan, loaderThreads: Int, skipsUnreadable: Bool,
    each: ((EvaluatedPicture) -> Void)? = nil, progress: (_ done: Int) -> Bool
  ) throws(ConvNetError) -> Evaluation {
    let size = plan.graph.shape(plan.graph.inputs[0])[0]
    try plan.checkMemory()
    let executor = try Executor(plan, weights: weights)
    let writer = InputWriter(preprocessing, batch: size, threads: plan.threads)
    let loader = BatchLoader(
      BatchLoader.Request(
        images: images, order: Array(0..<images.count), batch: size, preprocessing: preprocessing,
        threads: loaderThreads))
    var evaluation = Evaluation(classNames: images.classNames)
    var (loss, hits, nearHits) = (0.0, 0, 0)
    let classes = images.classNames.count
    while let loaded = loader.nextBatch() {
      let first = loaded.number * size
      for failure in loaded.failures {
        guard skipsUnreadable else { throw failure.error }
        evaluation.unreadable.append(
          UnreadablePicture(name: images.name(at: first + failure.position), failure.error))
      }
      executor.withInput(0) { writer.write(loaded, into: $0) }
      executor.run()
      executor.withOutput(0) { output in
        for position in 0..<loaded.count
        where !loaded.failures.contains(where: { $0.position == position }) {
          let scores = UnsafeBufferPointer(
            rebasing: output[(position * classes)..<((position + 1) * classes)])
          let label = Int(loaded.labels[position])
          evaluation.count += 1
          loss += Scores.crossEntropy(scores, label: label)
          let rank = Scores.rank(scores, label: label)
          hits += rank == 0 ? 1 : 0
          nearHits += rank < 5 ? 1 : 0
          evaluation.confusion.add(truth: label, answer: Scores.best(scores))
          each?(
            EvaluatedPicture(
              index: first + position, name: images.name(at: first + position), label: label,
              scores: Array(scores)))
        }
      }
      guard progress(first + loaded.count) else {
        throw ConvNetError(.cancelled, "the evaluation was cancelled")
      }
    }
    let count = Double(max(1, evaluation.count))
    evaluation.loss = loss / count
    evaluation.accuracy = Double(hits) / count
    evaluation.top5Accuracy = Double(nearHits) / count
    return evaluation
  }

  /// Whether pictures can be put in and their classes compared with what comes out.
  func checkClasses(of images: any LabeledImages) throws(ConvNetError) {
    guard inputShape.rank == 3 else {
      throw ConvNetError(
        .invalidArgument, "the network takes inputs of shape \(inputShape), not pictures")
    }
    guard outputShape.rank == 1 else {
      throw ConvNetError(
        .invalidArgument, "the network's output of shape \(outputShape) names no classes",
        advice: "a classifier ends with one score per class: [B, classes]")
    }
    guard outputShape[0] == images.classNames.count else {
      throw ConvNetError(
        .invalidArgument,
        "the network gives \(outputShape[0]) scores, the pictures have "
          + "\(images.classNames.count) classes",
        advice: "make the network for \(images.classNames.count) classes")
    }
    for index in 0..<images.count where !images.classNames.indices.contains(images.label(at: index))
    {
      throw ConvNetError(
        .invalidData,
        "\(images.name(at: index)): has the label \(images.label(at: index))",
        reason: "there are \(images.classNames.count) classes")
    }
  }
}
