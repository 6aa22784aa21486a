import ConvNetFormats
import ConvNetGraph
import ConvNetTerminal
import Synchronization

/// A program with every kind of option, argument and command, for the tests.
enum SampleTool {
  static let epochs = Option<Int>.integer("epochs", "N", 1...100_000, default: 30, "passes")
  static let seed = Option<Int?>.integer("seed", "N", 0...Int.max, "the random seed")
  static let decay = Option<Double>.number("wd", "X", .share, default: 5e-4, "weight decay")
  static let rate = Option<Double?>.number(
    "lr", "X", .positive, keyword: "auto", "the learning rate")
  static let momentum = Option<Double>.number(
    "momentum", "X", NumberRange(from: -1, to: 1, includesHighest: false), default: 0.9, "inertia")
  static let optimizer = Option<String>.text(
    "opt", "NAME", rule: .choice(["sgd", "adamw"]), default: "sgd", "the optimiser")
  static let architecture = Option<String>.text(
    "arch", "NAME|FILE", rule: .nameOrFile(["primer", "resnet18"]), default: "primer", "the network"
  )
  static let time = Option<Double?>.duration("time", "T", 1...86_400, "the time to stop after")
  static let size = Option<[Int]?>.sizes("size", "CxHxW", count: 3...3, each: 1...4096, "the size")
  static let folder = Option<String?>.text(
    "out", letter: "o", "DIR", rule: .folder, defaultText: "runs/…", "where the run's files go")
  static let tags = Option<[String]>.texts("tag", "TEXT", "a word for the log")
  static let dryRun = Option<Bool>.flag("dry-run", "do one batch only")

  static let data = Positional<String>.required("DATA", rule: .folder, "the pictures")
  static let model = Positional<String>.required("MODEL", "a model file")
  static let images = Positional<[String]>.list("IMAGE", "the pictures to name")
  static let layer = Positional<String?>.optional("LAYER", rule: .text, "one layer only")

  static let tool = CommandLineTool(
    name: "sample", version: "1.2.3", summary: "a program for tests",
    commands: [train, predict, dataCommands, fail])

  static let train = Command(
    "train", "train a network", discussion: ["Trains until it is done."],
    positionals: [data.specification],
    options: [
      OptionGroup(
        "Training",
        [
          epochs.specification, seed.specification, decay.specification, rate.specification,
          momentum.specification, optimizer.specification, architecture.specification,
          time.specification, size.specification, dryRun.specification,
        ]),
      OptionGroup("Files", [folder.specification, tags.specification]),
    ],
    examples: ["train photos --epochs 3"]
  ) { arguments, console in
    console.result("trained for \(arguments[epochs])")
    console.record(["epochs": .integer(arguments[epochs])])
    console.note("a note")
    console.detail("a detail")
    console.warning("a warning")
    return .success
  }

  static let predict = Command(
    "predict", "name pictures", positionals: [model.specification, images.specification]
  ) { _, _ in .checkFailed }

  static let dataCommands = Command(
    "data", "look at data",
    subcommands: [
      Command(
        "check", "find bad pictures", positionals: [data.specification, layer.specification]
      ) { _, _ in .success },
      Command("stats", "count pictures", positionals: [data.specification]) { _, _ in .success },
    ])

  static let fail = Command(
    "fail", "end with an error", positionals: [layer.specification]
  ) { arguments, _ in
    switch arguments[layer] {
    case "cancelled": throw CancellationError()
    case "unknown": throw UndocumentedError()
    case "diverged":
      throw ConvNetError(.diverged, "loss is nan", reason: "step 7", advice: "lower --lr")
    default: throw ConvNetError(.notFound, "no such file")
    }
  }

  struct UndocumentedError: Error {}

  /// The command and arguments of a command line that is right.
  static func parse(_ line: [String]) throws -> Invocation {
    try ArgumentParser(
      program: tool.name, commands: tool.allCommands, shared: SharedOptions.group.options
    ).parse(line)
  }

  /// The arguments of a command line that is right and asks for a command.
  static func arguments(_ line: String...) throws -> ParsedArguments {
    guard case .run(_, let arguments) = try parse(line) else { throw NoCommandError() }
    return arguments
  }

  struct NoCommandError: Error {}

  /// The error of a command line that is wrong, or nil if it is right.
  static func error(_ line: [String]) -> ConvNetError? {
    do {
      _ = try parse(line)
      return nil
    } catch {
      return error as? ConvNetError
    }
  }
}

/// Keeps what was written.
final class MemorySink: TextSink {
  private let written = Mutex("")
  private let failure: String?

  init(failure: String? = nil) { self.failure = failure }

  var text: String { written.withLock { $0 } }

  func write(_ text: String) -> String? {
    written.withLock { $0 += text }
    return failure
  }
}

extension TerminalCapabilities {
  static let terminal = TerminalCapabilities(
    isTerminal: true, redraws: true, colours: .trueColour, width: 80)
}
