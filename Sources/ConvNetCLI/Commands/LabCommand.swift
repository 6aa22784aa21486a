internal import ConvNetEngine
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetLab
internal import ConvNetTerminal
internal import ConvNetText

/// `convnet lab`: the primer's claims as experiments.
enum LabCommand {
  /// What stands for all experiments.
  static let all = "all"
  /// Where Debian's package dataset-fashion-mnist puts its files.
  static let usualData = "/usr/share/datasets/fashion-mnist"

  static let experiment = Positional<String?>.optional(
    "EXPERIMENT", rule: .choice(Experiments.names + [all]),
    "what to try, or 'all'; without it the experiments are listed with their claims")
  static let data = Option<String?>.text(
    "data", "DATA", rule: .path, defaultText: "Fashion-MNIST in \(usualData)",
    "the pictures to learn from: whatever 'train' takes")
  static let photo = Option<String?>.text(
    "photo", "FILE", rule: .file, defaultText: "a picture of the data",
    "the picture that 'kernels' looks at")
  static let seeds = Option<Int>.integer(
    "seeds", "N", 1...100, default: 3, "how often each network is trained, from other beginnings")
  static let quick = Option<Bool>.flag(
    "quick", "a first look: fewer pictures, epochs and random cases")
  static let output = Option<String?>.text(
    "output", letter: "o", "FILE", rule: .file, defaultText: "lab-EXPERIMENT.html",
    "the page's file, - for the standard output")
  static let language = Option<String>.text(
    "lang", "LANG", rule: .choice(LabPage.Language.allCases.map(\.rawValue)), default: "auto",
    "the language that the page starts in; it always holds both")
  static let opens = Option<Bool>.flag("open", "open the page afterwards")
  static let lists = Option<Bool>.flag("list", "list the experiments with their claims")

  static let command = Command(
    "lab", "try the primer's claims in experiments",
    discussion: [
      "Each experiment takes a minute or two on two cores, trains with several seeds, and says by a "
        + "rule that was fixed before whether the claim holds, holds partly, or does not hold here. "
        + "The page is one file that needs no network connection and no JavaScript; it holds numbers, "
        + "plots, seeds, data and the command that makes it again.",
      "The same command gives the same numbers with any number of threads. A claim that does not hold "
        + "is a result and no failure: the exit code is 0.",
    ],
    positionals: [experiment.specification],
    options: [
      OptionGroup(
        "Experiment",
        [
          data.specification, photo.specification, seeds.specification, quick.specification,
          lists.specification,
        ]),
      OptionGroup("Computing", [EngineArguments.threads.specification]),
      OptionGroup("Page", [output.specification, language.specification, opens.specification]),
    ],
    examples: [
      "lab", "lab stride", "lab kernels --photo cat.jpg --open", "lab batchnorm --seeds 5",
      "lab all --data photos -o lab.html",
    ], body: run)

  private static let run: Command.Body = { arguments, console in
    guard let name = arguments[experiment], !arguments[lists] else {
      list(console)
      return .success
    }
    let chosen = name == all ? Experiments.all : Experiments.named(name).map { [$0] } ?? []
    let scale = arguments[quick] ? LabScale.quick : .full
    // The photo first: a wrong name is said before anything is read.
    let photo = try arguments[photo].map { (path) throws(ConvNetError) in
      try Image(decoding: FileBytes(path: path))
    }
    Interruption.listen { _ in console.warning("stopping; nothing is written") }
    let reporter = ProgressReporter(console: console)
    let start = ContinuousClock.now
    var lab = Lab(
      seeds: arguments[seeds], scale: scale, options: EngineArguments.options(arguments),
      onProgress: { progress in
        reporter.update {
          Progress(
            title: progress.title, done: progress.done, total: progress.total,
            elapsedSeconds: start.duration(to: .now) / .seconds(1))
        }
      }, isCancelled: { Interruption.received != nil })
    lab.photo = photo
    lab.photoName = arguments[LabCommand.photo].map { PathName.last(of: $0) } ?? ""
    let needsData =
      chosen.contains(where: \.needsData) || (name == "kernels" && photo == nil)
    if needsData { lab.data = try open(arguments, scale, console) }

    var reports: [LabReport] = []
    do throws(ConvNetError) {
      for experiment in chosen {
        let report = try lab.run(experiment)
        reporter.finish()
        reports.append(report)
        console.record(report.record)
        console.result(LabText.text(report) + (chosen.count > 1 ? "\n" : ""))
      }
    } catch {
      reporter.finish()
      if error.kind == .cancelled, let signal = Interruption.received { return signal.exitCode }
      throw error
    }
    if reports.count > 1 { console.result(LabText.summary(reports)) }
    try write(reports, name, arguments, console)
    return .success
  }

  private static func list(_ console: Console) {
    for experiment in Experiments.all {
      console.record([
        "experiment": .string(experiment.name), "row": .string(experiment.row),
        "claim": ["en": .string(experiment.claim.en), "zh": .string(experiment.claim.zh)],
        "question": ["en": .string(experiment.question.en), "zh": .string(experiment.question.zh)],
      ])
    }
    console.result(
      LabText.list(width: console.output.width)
        + "\n\nTry one: convnet lab stride\nTry all: convnet lab all")
  }

  private static func open(
    _ arguments: ParsedArguments, _ scale: LabScale, _ console: Console
  ) throws(ConvNetError) -> LabData {
    let path = arguments[data] ?? usualData
    let dataset: Dataset
    do throws(ConvNetError) {
      dataset = try Dataset.detect(path)
    } catch {
      guard error.kind == .notFound, arguments[data] == nil else { throw error }
      throw ConvNetError(
        .notFound, "the experiment learns from Fashion-MNIST, which is not in \(path)",
        advice:
          "install it (Debian: apt-get install dataset-fashion-mnist), or name a data set with "
          + "--data")
    }
    for note in dataset.notes { console.warning(note) }
    return try LabData(dataset, size: try dataset.pictureSize ?? Size2D(32), scale: scale)
  }

  private static func write(
    _ reports: [LabReport], _ name: String, _ arguments: ParsedArguments, _ console: Console
  ) throws(ConvNetError) {
    let options = EngineArguments.options(arguments)
    let threads = options.threads ?? AvailableCores.count
    let page = LabPage(
      reports, command: commandLine(name, arguments), tool: "convnet \(programVersion)",
      machine: "\(InstructionSet.available.first ?? "portable"), \(threads) threads",
      language: LabPage.Language(rawValue: arguments[language]) ?? .auto)
    let target = arguments[output] ?? "lab-\(name).html"
    if target == "-" {
      console.result(page.html)
      return
    }
    try AtomicFile.write(page.html, to: target)
    console.note(
      "page     \(target.escapedForDisplay) (\(NumberFormat.bytes(page.html.utf8.count)))")
    if arguments[opens] { try PageOpener.open(target) }
  }

  /// The command that makes the page again.
  private static func commandLine(_ name: String, _ arguments: ParsedArguments) -> String {
    var words = ["convnet", "lab", name, "--seeds", "\(arguments[seeds])"]
    if arguments[quick] { words.append("--quick") }
    if let path = arguments[data] { words += ["--data", shellWord(path)] }
    if let path = arguments[photo] { words += ["--photo", shellWord(path)] }
    return words.joined(separator: " ")
  }

  /// A text as one word of a shell.
  private static func shellWord(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || "0123456789._/-+=:@".unicodeScalars.contains($0)
    }
    return isPlain && !text.isEmpty ? text : "'" + text.replacingText("'", with: "'\\''") + "'"
  }
}
