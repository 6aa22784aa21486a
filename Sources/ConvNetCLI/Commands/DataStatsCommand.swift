internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// `convnet data stats`: how many pictures there are of what, and their mean and spread.
enum DataStatsCommand {
  static let command = Command(
    "stats", "count pictures and classes, measure mean and spread",
    discussion: [
      "Reads every picture of every part. Mean and spread are per channel, with 255 taken as 1: the "
        + "numbers that a normalisation needs."
    ],
    positionals: [DataArguments.data.specification],
    options: [OptionGroup("Data", [DataArguments.validationShare.specification])],
    examples: ["data stats photos", "data stats photos --json"]
  ) { arguments, console in
    let dataset = try DataArguments.open(arguments, console: console)
    let reporter = ProgressReporter(console: console)
    var measured: [(split: Dataset.Split, statistics: DatasetStatistics)] = []
    for (split, pictures) in dataset.orderedParts {
      measured.append((split, try statistics(of: pictures, part: split.word, reporter)))
    }
    reporter.finish()

    for (split, statistics) in measured {
      console.record(record(split, statistics, classNames: dataset.classNames))
    }
    console.result(text(dataset, measured))
    return .success
  }

  private static func statistics(
    of pictures: any LabeledImages, part: String, _ reporter: ProgressReporter
  ) throws(ConvNetError) -> DatasetStatistics {
    var statistics = DatasetStatistics(
      channels: pictures.channels, classes: pictures.classNames.count)
    let start = ContinuousClock.now
    for index in 0..<pictures.count {
      statistics.add(try pictures.image(at: index), label: pictures.label(at: index))
      reporter.update {
        Progress(
          title: part, done: index + 1, total: pictures.count,
          elapsedSeconds: start.duration(to: .now) / .seconds(1))
      }
    }
    return statistics
  }

  private static func record(
    _ split: Dataset.Split, _ statistics: DatasetStatistics, classNames: [String]
  ) -> JSONValue {
    var counts = JSONObject()
    for (name, count) in zip(classNames, statistics.classCounts) { counts[name] = .integer(count) }
    return [
      "part": .string(split.word), "pictures": .integer(statistics.count),
      "mean": .array(statistics.mean.map(JSONValue.number)),
      "std": .array(statistics.standardDeviation.map(JSONValue.number)),
      "classes": .object(counts),
    ]
  }

  private static func text(
    _ dataset: Dataset, _ measured: [(split: Dataset.Split, statistics: DatasetStatistics)]
  ) -> String {
    var classes = TextTable(
      columns: [TextTable.Column("class")] + measured.map { .init($0.split.word, .right) })
    for (index, name) in dataset.classNames.enumerated() {
      classes.rows.append(
        [name.escapedForDisplay]
          + measured.map { NumberFormat.grouped($0.statistics.classCounts[index]) })
    }
    classes.footers = [
      ["total"] + measured.map { NumberFormat.grouped($0.statistics.count) },
      ["mean"] + measured.map { numbers($0.statistics.mean) },
      ["std"] + measured.map { numbers($0.statistics.standardDeviation) },
    ]
    let origin =
      dataset.isSplitAutomatically ? "; val was set aside from the training pictures" : ""
    let channels = dataset.channels == 1 ? "grey" : "colour"
    return
      (["\(dataset.path): \(dataset.kind.rawValue), \(channels)\(origin)", ""]
      + classes.lines()).joined(separator: "\n")
  }

  private static func numbers(_ values: [Double]) -> String {
    values.map { NumberFormat.fixed($0, decimals: 4) }.joined(separator: " ")
  }
}
