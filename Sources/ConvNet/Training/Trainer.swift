public import ConvNetEngine
public import ConvNetFormats
public import ConvNetGraph
internal import Synchronization

/// A model that learns from pictures.
///
/// ```swift
/// let data = try Dataset.detect("photos")
/// let trainer = try Trainer(model, training: data.training, evaluation: data.evaluation)
/// for try await event in trainer.events() {
///   if case .epoch(let epoch) = event { print(epoch.epoch, epoch.evaluationAccuracy ?? 0) }
/// }
/// try trainer.bestModel.save(to: "net.safetensors")
/// ```
/// The result depends on the configuration and the pictures only: not on the number of threads that
/// compute or read, and not on how often the training was interrupted.
public final class Trainer: Sendable {
  private let core: Mutex<TrainerCore>
  private let published: Published

  /// What may be asked for while the training goes on.
  final class Published: Sendable {
    let isStopping = Atomic<Bool>(false)
    let content: Mutex<Content>

    struct Content {
      var model: Model
      var bestModel: Model
      var history: [EpochReport] = []
    }

    init(_ model: Model) { content = Mutex(Content(model: model, bestModel: model)) }
  }

  /// A trainer of a model.
  ///
  /// The model's labels become the pictures' classes, and its normalisation is measured on the
  /// pictures, unless the configuration says otherwise.
  ///
  /// - Parameters:
  ///   - model: what learns; its input is `[C, H, W]`, its output one score per class.
  ///   - training: the pictures to learn from.
  ///   - evaluation: the pictures to judge every epoch by; nil for none.
  ///   - configuration: the settings.
  ///   - options: the engine's options.
  ///   - loaderThreads: the threads that read pictures ahead of time; half of the cores where nil.
  /// - Throws: ``ConvNetError`` where model, pictures and settings do not fit each other, or a picture
  ///   cannot be read while the normalisation is measured.
  public convenience init(
    _ model: Model, training: any LabeledImages, evaluation: (any LabeledImages)? = nil,
    configuration: TrainingConfiguration = TrainingConfiguration(),
    options: EngineOptions = EngineOptions(), loaderThreads: Int? = nil
  ) throws(ConvNetError) {
    var model = model
    try configuration.validate()
    model.labels = training.classNames
    try model.checkClasses(of: training)
    if configuration.measuresNormalization {
      try model.preprocessing.measureNormalization(
        of: training, skipsUnreadable: configuration.skipsUnreadable,
        threads: loaderThreads ?? Trainer.usualLoaderThreads)
    }
    let state = TrainingState(
      model: model, configuration: configuration, moments: Weights(), bestWeights: nil,
      progress: TrainingState.Progress(), data: DataFingerprint(training))
    try self.init(
      resuming: state, training: training, evaluation: evaluation, options: options,
      loaderThreads: loaderThreads)
  }

  /// A trainer that goes on where another one stopped.
  ///
  /// - Parameters:
  ///   - state: where it stopped; its configuration may have more epochs than before.
  ///   - training: the same pictures as before.
  ///   - evaluation: the pictures to judge every epoch by.
  ///   - options: the engine's options.
  ///   - loaderThreads: the threads that read pictures ahead of time.
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the pictures are not those of the
  ///   state, and as the other initialiser.
  public init(
    resuming state: TrainingState, training: any LabeledImages,
    evaluation: (any LabeledImages)? = nil, options: EngineOptions = EngineOptions(),
    loaderThreads: Int? = nil
  ) throws(ConvNetError) {
    let found = DataFingerprint(training)
    guard found == state.data else {
      throw ConvNetError(
        .invalidArgument, "the training pictures are not those that the training began with",
        reason: "then \(state.data.count) pictures of \(state.data.classNames.count) classes "
          + "(\(state.data.hash)), now \(found.count) of \(found.classNames.count) (\(found.hash))")
    }
    let published = Published(state.model)
    self.published = published
    core = Mutex(
      try TrainerCore(
        state, training: training, evaluation: evaluation, options: options,
        loaderThreads: loaderThreads ?? Trainer.usualLoaderThreads, published: published))
  }

  private static let usualLoaderThreads = max(1, AvailableCores.count / 2)

  /// The model as it was after the last finished epoch, or at the last stop.
  public var model: Model { published.content.withLock { $0.model } }

  /// The model of the best epoch; as it began where no epoch is finished.
  public var bestModel: Model { published.content.withLock { $0.bestModel } }

  /// The finished epochs.
  public var history: [EpochReport] { published.content.withLock { $0.history } }

  /// Everything needed to go on later; waits for a training that is going on.
  ///
  /// - Throws: ``ConvNetError`` of kind `diverged` after a training that went wrong.
  public func state() throws(ConvNetError) -> TrainingState {
    try core.withLock { (core) throws(ConvNetError) -> TrainingState in try core.state() }
  }

  /// Ends a training that is going on, after the step that it is in, or else the next one before its
  /// first step. Any thread may call it.
  public func stop() { published.isStopping.store(true, ordering: .relaxed) }

  /// Trains on the calling thread, to the end or until ``stop()``; called again, it goes on.
  ///
  /// - Parameters:
  ///   - onEvent: is called for everything that happens. It must not call ``fit(onEvent:save:)`` or
  ///     ``state()``.
  ///   - save: is called with the state after every epoch and at a stop, for checkpoints.
  /// - Returns: how it ended.
  /// - Throws: ``ConvNetError`` of kind `diverged` where the loss is not finite, naming the step and
  ///   the first tensor that is not finite, while ``model`` keeps the last good weights; the error of
  ///   a picture that cannot be read; what `save` throws.
  @discardableResult
  public func fit(
    onEvent: @Sendable (TrainingEvent) -> Void = { _ in },
    save: (@Sendable (TrainingState) throws(ConvNetError) -> Void)? = nil
  ) throws(ConvNetError) -> TrainingResult {
    // Reset afterwards and not before: a training that is stopped before it begins does not begin.
    defer { published.isStopping.store(false, ordering: .relaxed) }
    return try core.withLock { (core) throws(ConvNetError) -> TrainingResult in
      try core.run(save: save, onEvent: onEvent)
    }
  }

  /// Trains on a thread of its own and tells what happens.
  ///
  /// The training stops after the step that it is in when nobody listens any more: when the loop is
  /// left or its task is cancelled.
  ///
  /// - Parameter save: as in ``fit(onEvent:save:)``.
  public func events(
    save: (@Sendable (TrainingState) throws(ConvNetError) -> Void)? = nil
  ) -> AsyncThrowingStream<TrainingEvent, any Error> {
    let (stream, continuation) = AsyncThrowingStream.makeStream(of: TrainingEvent.self)
    continuation.onTermination = { [self] reason in
      if case .cancelled = reason { stop() }
    }
    let body: @Sendable () -> Void = { [self] in
      do throws(ConvNetError) {
        try fit(onEvent: { continuation.yield($0) }, save: save)
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
      }
    }
    if !SystemThread.start(body) {
      continuation.finish(
        throwing: ConvNetError(.internal, "no thread can be started for the training"))
    }
    return stream
  }
}
