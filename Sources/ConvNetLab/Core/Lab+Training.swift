internal import ConvNet
internal import ConvNetEngine
internal import ConvNetFormats
internal import ConvNetGraph
internal import Synchronization

/// A network that was trained in the lab.
struct Trial: Sendable {
  /// The network as it was in the end.
  let model: Model
  /// The epochs, judged by the validation pictures.
  let history: [EpochReport]
  /// The share of test pictures whose class came first.
  let accuracy: Double
  /// The seconds of the training, without the test.
  let seconds: Double
  /// The loss of each step.
  let losses: [Double]
  /// Whether the loss became infinite or no number; the network is then the last good one.
  let hasDiverged: Bool
}

/// How a network is trained in the lab.
struct TrialSettings: Sendable {
  /// How often every picture is seen.
  var epochs: Int
  /// The highest learning rate.
  var learningRate = 0.05
  /// The pictures per step.
  var batch = 64
  /// The beginnings of the names of parameters that stay as they are.
  var frozen: [String] = []
  /// Is called with the model as it begins, as epoch 0, and after every epoch.
  var onEpoch: (@Sendable (_ epoch: Int, _ model: Model) -> Void)?

  /// What all experiments have in common, for the pages.
  static func words(_ epochs: Int, learningRate: String = "0.05") -> Bilingual {
    Bilingual(
      "Each network is trained for \(epochs) epochs in steps of 64 pictures by stochastic gradient "
        + "descent with momentum 0.9 (Nesterov), learning rate \(learningRate) along half a cosine, "
        + "weight decay 0.0005, without augmentation. A seed decides on the first weights and on "
        + "the order of the pictures; the pictures themselves are the same for all.",
      "每个网络训练 \(epochs) 轮，每步 64 张图，用带动量 0.9（Nesterov）的随机梯度下降，学习率 \(learningRate) "
        + "按半个余弦下降，权重衰减 0.0005，不做数据增强。种子决定初始权重和图像的次序，图像本身都相同。")
  }
}

extension Lab {
  /// Trains a network on the training pictures and judges it once by the test pictures.
  ///
  /// - Parameter start: weights to begin with, by name; the others begin anew.
  func train(
    _ net: some Module, on data: LabData, seed: Int, _ settings: TrialSettings, title: String,
    start: Weights = Weights()
  ) throws(ConvNetError) -> Trial {
    var model = try Model(
      net, input: data.inputShape, seed: UInt64(seed), labels: data.classNames)
    model.preprocessing = data.preprocessing
    for (name, tensor) in start where model.weights[name]?.shape == tensor.shape {
      model.weights[name] = tensor
    }
    var configuration = TrainingConfiguration()
    configuration.epochs = settings.epochs
    configuration.batch = min(settings.batch, max(1, data.training.count / 2))
    configuration.learningRate = settings.learningRate
    configuration.schedule = LearningRateSchedule(.cosine())
    configuration.augmentation = .none
    configuration.measuresNormalization = false
    configuration.frozen = settings.frozen
    configuration.seed = UInt64(seed)
    let trainer = try Trainer(
      model, training: data.training, evaluation: data.validation, configuration: configuration,
      options: options)
    settings.onEpoch?(0, model)

    let losses = Mutex<[Double]>([])
    var hasDiverged = false
    let start = ContinuousClock.now
    do throws(ConvNetError) {
      try trainer.fit(
        onEvent: { event in
          guard case .step(let step) = event else { return }
          losses.withLock { $0.append(step.loss) }
          let done = Double(step.step) / Double(max(1, step.stepsPerEpoch * settings.epochs))
          show(title, part: 0.9 * done)
          if isStopping { trainer.stop() }
        },
        save: { (state) throws(ConvNetError) in
          settings.onEpoch?(state.progress.epoch, state.model)
        })
    } catch {
      guard error.kind == .diverged else { throw error }
      hasDiverged = true
    }
    try checkCancelled()
    let seconds = start.duration(to: .now) / .seconds(1)
    let trained = trainer.model
    let accuracy = try accuracy(of: trained, on: data.test)
    finishPiece()
    return Trial(
      model: trained, history: trainer.history, accuracy: accuracy, seconds: seconds,
      losses: losses.withLock { $0 }, hasDiverged: hasDiverged)
  }

  /// The share of pictures whose class comes first.
  func accuracy(of model: Model, on images: MemoryImages) throws(ConvNetError) -> Double {
    try model.evaluate(on: images, options: options).accuracy
  }

  /// What the engine makes of a tensor with a function that has no parameters of its own.
  func apply(_ input: Tensor, _ function: (Value) -> Value) throws(ConvNetError) -> Tensor {
    let graph = try Graph(input: input.shape, function)
    return try outputs(graph, weights: graph.initialWeights(seed: 0), [input])[0]
  }

  /// The outputs of a graph with weights.
  func outputs(
    _ graph: Graph, weights: Weights, _ inputs: [Tensor]
  ) throws(ConvNetError) -> [Tensor] {
    try Executor(Plan(graph, options: options), weights: weights).run(inputs)
  }

  /// What some layers of a model put out for pictures, `[N, C, H, W]` each.
  ///
  /// - Parameters:
  ///   - layers: their names.
  ///   - learning: whether batch norm takes the pictures' own statistics, as while learning.
  func activations(
    of model: Model, at layers: [String], for images: MemoryImages, learning: Bool = false
  ) throws(ConvNetError) -> [Tensor] {
    var graph = try model.graph.reshaped(batch: images.count)
    if learning {
      graph = try graph.trainingForm()
      graph.stateUpdates = []
    }
    let nodes = graph.nodes
    graph.outputs = layers.compactMap { name in nodes.first { $0.name == name }?.outputs.first }
    guard graph.outputs.count == layers.count else {
      throw ConvNetError(.internal, "a layer of \(layers.joined(separator: ", ")) does not exist")
    }
    return try outputs(
      graph, weights: model.weights, [batch(images, model.preprocessing)])
  }

  /// Pictures as a network's input `[N, C, H, W]`.
  func batch(
    _ images: MemoryImages, _ preprocessing: Preprocessing
  ) throws(ConvNetError) -> Tensor {
    let mean = preprocessing.mean.map { Float($0) }
    let deviation = preprocessing.standardDeviation.map { Float($0) }
    var numbers: [Float] = []
    for index in 0..<images.count {
      numbers += try images.image(at: index).tensor(mean: mean, standardDeviation: deviation)
        .elements
    }
    return try Tensor(
      [images.count, preprocessing.channels, preprocessing.height, preprocessing.width], numbers)
  }
}

/// Trains the same networks with every seed.
struct TrialSeries: Sendable {
  /// One trial per seed.
  let trials: [Trial]

  /// The test accuracies.
  var accuracy: Measurement { Measurement(trials.map(\.accuracy)) }
  /// The seconds of the trainings.
  var seconds: Measurement { Measurement(trials.map(\.seconds)) }

  /// The validation accuracies after an epoch; that of the last one where the training ended earlier.
  func validation(epoch: Int) -> Measurement {
    Measurement(
      trials.map { trial in
        let reports = trial.history
        guard !reports.isEmpty else { return 0 }
        return reports[min(epoch, reports.count) - 1].evaluationAccuracy ?? 0
      })
  }
}

extension Lab {
  /// Trains a network with every seed.
  func series(
    _ title: String, on data: LabData, _ settings: TrialSettings, _ net: () -> some Module
  ) throws(ConvNetError) -> TrialSeries {
    var trials: [Trial] = []
    for seed in seeds {
      trials.append(
        try train(net(), on: data, seed: seed, settings, title: "\(title), seed \(seed)"))
    }
    return TrialSeries(trials: trials)
  }
}
