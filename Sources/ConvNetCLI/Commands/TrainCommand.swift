internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText
internal import Synchronization

/// `convnet train`: pictures in, a model file out.
enum TrainCommand {
  static let command = Command(
    "train", "train a network on pictures; the best one is saved",
    discussion: [
      "The network is judged after every epoch by pictures that it does not learn from, and the best "
        + "one is kept. The same seed gives the same bits with any number of threads.",
      "Ctrl-C ends the training after the step that it is in, and saves; twice ends it at once.",
    ],
    positionals: [DataArguments.data.specification], options: TrainOptions.groups,
    examples: [
      "train photos --arch resnet20 --epochs 20",
      "train mnist --arch lenet5 --no-flip --epochs 5 --out mnist-run",
      "train photos --opt adamw --sched onecycle --time 20m",
      "train photos --pretrained efficientnet-lite0 --freeze 40 --epochs 5 --batch 32",
    ], body: run)

  private static let run: Command.Body = { arguments, console in
    let dataset = try DataArguments.open(
      arguments, seed: arguments[TrainOptions.seed], console: console)
    let training = try dataset.part(.training)
    var configuration = TrainOptions.configuration(arguments)
    try configuration.validate()
    let start = try arguments[TrainOptions.pretrained].map { (name) throws(ConvNetError) in
      try StartingPoint(name, size: size(arguments), console: console)
    }
    var model: Model
    if let own = start?.network, arguments[TrainOptions.architecture] == nil {
      model = try adapted(own, arguments, for: dataset)
    } else {
      model = try network(
        arguments[TrainOptions.architecture] ?? start?.architecture
          ?? TrainOptions.usualArchitecture, arguments, for: dataset)
    }
    let architecture = model.architecture
    if let start, try start.apply(to: &model, console: console) {
      configuration.measuresNormalization = false
    }
    configuration.frozen = try model.firstLayers(arguments[TrainOptions.freeze])
    let folder = try RunFolder(
      creating: arguments[TrainOptions.folder] ?? RunFolder.usualPath(architecture: architecture))

    console.note(
      "\(dataset.path): \(dataset.kind.rawValue), "
        + dataset.orderedParts.map {
          "\(NumberFormat.grouped($0.pictures.count)) for \($0.split.word)"
        }.joined(separator: ", ") + ", \(NumberFormat.grouped(dataset.classNames.count)) classes")
    console.note(
      "\(architecture) for \(model.inputShape): "
        + "\(NumberFormat.grouped(model.parameterCount)) parameters")
    let trainer = try Trainer(
      model, training: training, evaluation: dataset.evaluation, configuration: configuration,
      options: EngineArguments.options(arguments))
    try folder.write(configuration: settings(architecture, arguments, configuration, dataset))
    return try fit(
      trainer, dataset, folder, console, writesEvents: arguments[TrainOptions.tensorBoard])
  }

  private static func size(_ arguments: ParsedArguments) -> Size2D? {
    arguments[TrainOptions.size].map { Size2D(height: $0[0], width: $0[$0.count - 1]) }
  }

  /// A network of no zoo for the data's classes and the size that was asked for.
  private static func adapted(
    _ own: Model, _ arguments: ParsedArguments, for dataset: Dataset
  ) throws(ConvNetError) -> Model {
    var model = own
    if own.outputShape != [dataset.classNames.count] {
      model = try own.withNewHead(
        labels: dataset.classNames, seed: UInt64(arguments[TrainOptions.seed]))
    }
    guard let size = size(arguments), own.inputShape.rank == 3,
      size != Size2D(height: own.inputShape[1], width: own.inputShape[2])
    else { return model }
    let graph = try model.graph.reshaped(inputs: [
      [1, own.inputShape[0], size.height, size.width]
    ])
    return try Model(
      graph, weights: model.weights, labels: dataset.classNames, architecture: model.architecture)
  }

  /// The untrained model for the data's classes, channels and size.
  private static func network(
    _ architecture: String, _ arguments: ParsedArguments, for dataset: Dataset
  ) throws(ConvNetError) -> Model {
    let entry = try Zoo.entry(architecture)
    let size: Size2D
    if let given = Self.size(arguments) {
      size = given
    } else if let own = try dataset.pictureSize {
      size = own
    } else {
      size = Size2D(height: entry.input[1], width: entry.input[2])
    }
    let net = try entry.make(
      classes: dataset.classNames.count, channels: dataset.channels, size: size)
    var model = try Model(
      net, input: [dataset.channels, size.height, size.width],
      seed: UInt64(arguments[TrainOptions.seed]), labels: dataset.classNames)
    model.architecture = entry.name
    return model
  }

  private static func settings(
    _ architecture: String, _ arguments: ParsedArguments, _ configuration: TrainingConfiguration,
    _ dataset: Dataset
  ) throws(ConvNetError) -> JSONValue {
    [
      "program": .string("convnet \(programVersion)"),
      "arch": .string(architecture),
      "pretrained": arguments[TrainOptions.pretrained].map(JSONValue.string) ?? .null,
      "data": .string(dataset.path), "data_kind": .string(dataset.kind.rawValue),
      "val_split": .number(arguments[DataArguments.validationShare]),
      "precision": .string(EngineArguments.options(arguments).precision.rawValue),
      "classes": .array(dataset.classNames.map(JSONValue.string)),
      "instruction_set": .string(InstructionSet.available.first ?? ""),
      "training": try JSONValue(encoding: configuration),
    ]
  }

  private static func fit(
    _ trainer: Trainer, _ dataset: Dataset, _ folder: RunFolder, _ console: Console,
    writesEvents: Bool
  ) throws(ConvNetError) -> ExitCode {
    Interruption.listen { _ in
      console.warning("finishing this step, then saving; once more ends at once")
      trainer.stop()
    }
    let display = TrainingDisplay(console: console)
    let saved = SavedEpoch()
    let save: @Sendable (TrainingState) throws(ConvNetError) -> Void = {
      (state) throws(ConvNetError) in
      try folder.write(history: state.progress.history)
      if writesEvents { try folder.write(events: state.progress.history) }
      if saved.isNew(state.progress.history.last(where: \.isBest)?.epoch) {
        try trainer.bestModel.save(to: folder.model)
      }
      if !state.progress.unreadable.isEmpty {
        try folder.write(skipped: state.progress.unreadable)
      }
    }
    let result = try trainer.fit(
      onEvent: { event in
        display.show(event)
        if case .epoch(let report) = event, let record = try? JSONValue(encoding: report) {
          console.record(record)
        }
      }, save: save)
    return try finish(result, trainer, dataset, folder, console)
  }

  private static func finish(
    _ result: TrainingResult, _ trainer: Trainer, _ dataset: Dataset, _ folder: RunFolder,
    _ console: Console
  ) throws(ConvNetError) -> ExitCode {
    let seconds = DurationFormat.spoken(seconds: result.seconds)
    guard let best = result.history.last(where: \.isBest) else {
      // Stopped inside the first epoch: what there is, is better than nothing.
      try trainer.model.save(to: folder.model)
      console.note("stopped in the first epoch after \(seconds); saved as it is: \(folder.model)")
      return Interruption.received?.exitCode ?? .success
    }
    let why: String =
      switch result.reason {
      case .completed: "all epochs done"
      case .stopped: "stopped"
      case .timeLimit: "the time is over"
      case .patience: "no better epoch for a while"
      }
    let accuracy = best.evaluationAccuracy.map {
      ": \(NumberFormat.percent($0, decimals: 2)) of "
        + "\(NumberFormat.grouped(dataset.evaluation?.count ?? 0)) pictures right"
    }
    console.note("")
    console.note("\(why) after \(seconds); best is epoch \(best.epoch)\(accuracy ?? "")")
    if !result.unreadable.isEmpty {
      console.warning(
        "\(NumberFormat.grouped(result.unreadable.count)) pictures cannot be read, see "
          + folder.skipped)
    }
    console.note("model    \(folder.model)")
    console.note("history  \(folder.historyTable)")
    console.note("next     convnet eval \(folder.model) \(dataset.path)")
    return Interruption.received?.exitCode ?? .success
  }
}

/// The epoch whose model is in the file, so that it is written only when there is a better one.
private final class SavedEpoch: Sendable {
  private let epoch = Mutex<Int?>(nil)

  func isNew(_ best: Int?) -> Bool {
    epoch.withLock { epoch in
      guard let best, best != epoch else { return false }
      epoch = best
      return true
    }
  }
}
