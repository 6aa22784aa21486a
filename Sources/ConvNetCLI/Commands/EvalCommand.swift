internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// `convnet eval`: how well a model does on pictures whose classes are known.
enum EvalCommand {
  static let split = Option<String?>.text(
    "split", "PART", rule: .choice(["train", "val", "test"]),
    defaultText: "test, else val, else train", "the part of the data")
  static let batch = Option<Int>.integer(
    "batch", "N", 1...65_536, default: 128, "pictures that are computed at once")
  static let seed = Option<Int>.integer(
    "seed", "N", 0...Int.max, default: 0,
    "the training's seed, where the validation part was set aside from the training pictures")
  static let skipBad = Option<Bool>.flag(
    "skip-bad", "pass over pictures that cannot be read; otherwise they are an error")
  static let confusionFile = Option<String?>.text(
    "confusion", "FILE", rule: .file, "write how often each class was taken for each, as CSV")
  static let pictureFile = Option<String?>.text(
    "csv", "FILE", rule: .file, "write a line per picture: path, class, answer, shares, loss")
  static let failUnder = Option<Double?>.number(
    "fail-under", "X", .share, "end with exit code 1 where the accuracy is lower")

  static let command = Command(
    "eval", "measure a model on pictures whose classes are known",
    positionals: [ModelArgument.path.specification, DataArguments.data.specification],
    options: [
      OptionGroup(
        "Data",
        [
          split.specification, DataArguments.validationShare.specification, seed.specification,
          skipBad.specification,
        ]),
      OptionGroup(
        "Results",
        [confusionFile.specification, pictureFile.specification, failUnder.specification]),
      OptionGroup(
        "Computing",
        [
          EngineArguments.threads.specification, EngineArguments.precision.specification,
          batch.specification,
        ]),
    ],
    examples: [
      "eval runs/…/best.safetensors photos --split val",
      "eval net.safetensors photos --confusion confusion.csv --fail-under 0.9",
    ]
  ) { arguments, console in
    let model = try ModelArgument.load(arguments, console: console)
    let dataset = try DataArguments.open(arguments, seed: arguments[seed], console: console)
    try model.requireClasses(of: dataset)
    let part: Dataset.Split =
      arguments[split].flatMap(DataArguments.part)
      ?? [.test, .validation].first { dataset.parts[$0] != nil } ?? .training
    let pictures = try dataset.part(part)

    var rows = [CSV.line(["path", "true", "predicted", "p_true", "p_predicted", "loss"])]
    let wantsRows = arguments[pictureFile] != nil
    let reporter = ProgressReporter(console: console)
    let start = ContinuousClock.now
    let evaluation = try model.evaluate(
      on: pictures, batch: arguments[batch], options: EngineArguments.options(arguments),
      skipsUnreadable: arguments[skipBad],
      each: { picture in
        if wantsRows { rows.append(row(picture, classNames: dataset.classNames)) }
      },
      progress: { done in
        reporter.update {
          Progress(
            title: "evaluating", done: done, total: pictures.count,
            elapsedSeconds: start.duration(to: .now) / .seconds(1))
        }
        return true
      })
    reporter.finish()
    let seconds = start.duration(to: .now) / .seconds(1)

    for picture in evaluation.unreadable { console.warning("passed over: \(picture.reason)") }
    console.record(try JSONValue(encoding: evaluation))
    console.result(
      EvaluationReport(
        evaluation: evaluation, title: "\(dataset.path) (\(part.word))", seconds: seconds
      ).text)
    if let file = arguments[pictureFile] {
      try AtomicFile.write(rows.joined(separator: "\n") + "\n", to: file)
    }
    if let file = arguments[confusionFile] {
      try AtomicFile.write(table(evaluation.confusion), to: file)
    }
    if let least = arguments[failUnder], evaluation.accuracy < least {
      console.warning(
        "the accuracy \(NumberFormat.fixed(evaluation.accuracy, decimals: 4)) is below "
          + NumberFormat.significant(least, digits: 6))
      return .checkFailed
    }
    return .success
  }

  private static func row(_ picture: EvaluatedPicture, classNames: [String]) -> String {
    let shares = picture.probabilities
    let answer = shares.indices.max { shares[$0] < shares[$1] } ?? 0
    let own = shares[picture.label]
    let numbers = [own, shares[answer], -Double.log(max(own, .leastNonzeroMagnitude))]
    return CSV.line(
      [picture.name, classNames[picture.label], classNames[answer]]
        + numbers.map { NumberFormat.significant($0, digits: 6) })
  }

  /// The matrix with the classes' names in its first row and column.
  private static func table(_ matrix: ConfusionMatrix) -> String {
    let names = matrix.classNames
    let rows = names.indices.map { truth in
      CSV.line([names[truth]] + names.indices.map { "\(matrix[truth, $0])" })
    }
    return ([CSV.line(["true\\predicted"] + names)] + rows).joined(separator: "\n") + "\n"
  }
}
