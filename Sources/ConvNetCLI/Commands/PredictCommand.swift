internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// `convnet predict`: what a model takes pictures for.
enum PredictCommand {
  static let modelOption = Option<String?>.text(
    "model", "MODEL", rule: .nameOrFile(PretrainedModel.names), defaultText: "the first argument",
    "the model; all arguments are pictures then")
  static let pictures = Positional<[String]>.optionalList(
    "PICTURE", rule: .path,
    "pictures, folders of pictures, or - for one from the standard input; with --split "
      + "a data set")
  static let count = Option<Int>.integer(
    "topk", "K", 1...1000, default: 5, "the classes to name, the likeliest first")
  static let threshold = Option<Double>.number(
    "threshold", "X", .share, default: 0, "the share below which the answer is 'unsure'")
  static let batch = Option<Int>.integer(
    "batch", "N", 1...65_536, default: 32, "pictures that are computed at once")
  static let split = Option<String?>.text(
    "split", "PART", rule: .choice(["train", "val", "test"]),
    "PICTURE is a data set: predict this part of it, and say what is right")
  static let limit = Option<Int?>.integer(
    "limit", "N", 1...Int.max, defaultText: "all", "the pictures to predict")
  static let draw = Option<Bool>.flag("draw", "draw each picture beside its answer")

  static let command = Command(
    "predict", "name what is on pictures",
    discussion: [
      "A picture that cannot be read is reported, the others are predicted all the same, and the "
        + "exit code is 65."
    ],
    positionals: [ModelArgument.path.specification, pictures.specification],
    options: [
      OptionGroup("Model", [modelOption.specification]),
      OptionGroup(
        "Pictures", [split.specification, limit.specification]),
      OptionGroup(
        "Answers", [count.specification, threshold.specification, draw.specification]),
      OptionGroup(
        "Computing",
        [
          EngineArguments.threads.specification, EngineArguments.precision.specification,
          batch.specification,
        ]),
    ],
    examples: [
      "predict net.safetensors photo.jpg",
      "predict --model efficientnet-lite0 photo.jpg",
      "predict net.safetensors holiday/ --json > answers.jsonl",
      "predict net.safetensors photos --split val --limit 8 --draw",
    ], body: run)

  private static let run: Command.Body = { arguments, console in
    var paths = arguments[pictures]
    if arguments[modelOption] != nil { paths.insert(arguments[ModelArgument.path], at: 0) }
    guard !paths.isEmpty else {
      throw ConvNetError(
        .invalidArgument, "'convnet predict' needs PICTURE: \(pictures.specification.help)",
        advice: "usage: convnet predict MODEL PICTURE... [options]")
    }
    // Files do not depend on the model: the first are decoded while it is loaded.
    let files =
      arguments[split] == nil ? Result { [paths] in try PictureSource(paths: paths) } : nil
    let early = try? files?.get().items.prefix(min(arguments[batch], arguments[limit] ?? .max))
    let decoded = early.map { PictureSource.reading($0) }
    let model = try ModelArgument.load(
      arguments[modelOption] ?? arguments[ModelArgument.path], console: console)
    // Scaled beside the planning; a drawing shows the picture as it is.
    let firstImages =
      arguments[draw]
      ? decoded : decoded.map { PictureSource.preparing($0, for: model.preprocessing) }
    let source = try files?.get() ?? dataset(paths, part: arguments[split], model)
    let items = source.items.prefix(arguments[limit] ?? .max)
    let batch = min(arguments[batch], max(1, items.count))
    var options = EngineArguments.options(arguments)
    options.expectedRuns = (items.count + batch - 1) / batch
    let predictor = try model.predictor(batch: batch, options: options)
    let reporter = ProgressReporter(console: console)
    let start = ContinuousClock.now
    var (done, unreadable, hits) = (0, 0, 0)

    for first in stride(from: 0, to: items.count, by: batch) {
      var names: [(name: String, truth: String?)] = []
      var images: [Image] = []
      let part = items[first..<min(first + batch, items.count)]
      let reading = first == 0 ? firstImages : nil
      for (item, image) in zip(part, await (reading ?? PictureSource.reading(part)).value) {
        switch image {
        case .success(let image):
          images.append(image)
          names.append((item.name, item.truth))
        case .failure(let error):
          unreadable += 1
          console.record(["path": .string(item.name), "error": .string(error.summary)])
          console.warning(error.description)
        }
      }
      let answers = try await predictor.classify(images, top: arguments[count])
      for ((item, image), classes) in zip(zip(names, images), answers) {
        let text = PredictionText(
          name: item.name, truth: item.truth, classes: classes, threshold: arguments[threshold])
        hits += classes.first?.label == item.truth ? 1 : 0
        console.record(text.record)
        console.result(try arguments[draw] ? drawing(image, text, console) : text.line)
      }
      done += images.count
      reporter.update {
        Progress(
          title: "predicting", done: done + unreadable, total: items.count,
          elapsedSeconds: start.duration(to: .now) / .seconds(1))
      }
    }
    reporter.finish()
    let seconds = start.duration(to: .now) / .seconds(1)
    console.detail(
      "\(NumberFormat.grouped(done)) pictures in \(DurationFormat.spoken(seconds: seconds))")
    if arguments[split] != nil {
      console.note("\(NumberFormat.grouped(hits)) of \(NumberFormat.grouped(done)) right")
    }
    if unreadable > 0 {
      console.warning("\(NumberFormat.grouped(unreadable)) pictures cannot be read")
      return .badData
    }
    return .success
  }

  private static func dataset(
    _ paths: [String], part word: String?, _ model: Model
  ) throws(ConvNetError) -> PictureSource {
    guard let part = word.flatMap(DataArguments.part), let path = paths.first, paths.count == 1
    else {
      throw ConvNetError(.invalidArgument, "--split takes one data set, got \(paths.count) paths")
    }
    let dataset = try Dataset.detect(path)
    try model.requireClasses(of: dataset)
    return PictureSource(try dataset.part(part))
  }

  /// The picture, and the answer's lines at its right side.
  private static func drawing(
    _ image: Image, _ text: PredictionText, _ console: Console
  ) throws(ConvNetError) -> String {
    let columns = min(28, max(8, console.output.width / 2))
    let drawn = try PictureDrawing.lines(of: image, columns: columns, on: console.output)
    let width = PictureDrawing.width(of: image, columns: columns)
    let words = text.lines
    let rows = (0..<max(drawn.count, words.count)).map { row in
      let left = row < drawn.count ? drawn[row] : String(repeating: " ", count: width)
      return row < words.count ? left + "  " + words[row] : left
    }
    return rows.joined(separator: "\n") + "\n"
  }
}
