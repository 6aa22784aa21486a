internal import ConvNetGraph
internal import ConvNetText

/// A program made of commands: reads the command line, runs the command, reports its error.
package struct CommandLineTool: Sendable {
  package let name: String
  package let version: String
  /// What the program is, in a line without a full stop.
  package let summary: String
  private let commands: [Command]
  let sharedOptions = SharedOptions.group

  package init(name: String, version: String, summary: String, commands: [Command]) {
    self.name = name
    self.version = version
    self.summary = summary
    self.commands = commands
  }

  /// The program's commands and those that every program has.
  package var allCommands: [Command] { commands + [helpCommand, completionsCommand] }

  /// The command at a path of names, or nil.
  package func command(at path: [String]) -> Command? {
    var level = allCommands
    var found: Command?
    for name in path {
      found = level.first { $0.name == name }
      level = found?.subcommands ?? []
    }
    return found
  }

  /// Does what the arguments (without the program's own name) ask for, reports what went wrong, and
  /// returns the program's exit code.
  package func run(
    _ arguments: [String], outputSink: any TextSink = FileDescriptorSink.standardOutput,
    errorSink: any TextSink = FileDescriptorSink.standardError,
    capabilities: @Sendable (_ fileDescriptor: Int32, _ noColour: Bool) -> TerminalCapabilities = {
      TerminalCapabilities(fileDescriptor: $0, noColour: $1)
    }
  ) async -> ExitCode {
    func console(_ parsed: ParsedArguments?) -> Console {
      let noColour = parsed?[SharedOptions.noColour] ?? false
      let isQuiet = parsed?[SharedOptions.quiet] ?? false
      let isVerbose = parsed?[SharedOptions.verbose] ?? false
      return Console(
        output: capabilities(1, noColour), error: capabilities(2, noColour),
        isJSON: parsed?[SharedOptions.json] ?? false,
        verbosity: isQuiet ? .quiet : isVerbose ? .verbose : .normal,
        outputSink: outputSink, errorSink: errorSink)
    }

    let parser = ArgumentParser(
      program: name, commands: allCommands, shared: sharedOptions.options)
    do {
      switch try parser.parse(arguments) {
      case .version:
        let console = console(nil)
        console.result("\(name) \(version)")
        return ended(.success, console)
      case .help(let path):
        let console = console(nil)
        console.result(
          HelpPage(self, width: console.output.width).page(for: path) ?? "")
        return ended(.success, console)
      case .run(let command, let parsed):
        let console = console(parsed)
        return await run(command, parsed, console)
      }
    } catch {
      let console = console(nil)
      console.failure(error)
      return ended(ExitCode(error.kind), console)
    }
  }

  private func run(
    _ command: Command, _ parsed: ParsedArguments, _ console: Console
  ) async -> ExitCode {
    let start = ContinuousClock.now
    do {
      if parsed[SharedOptions.quiet], parsed[SharedOptions.verbose] {
        throw ConvNetError(.invalidArgument, "--quiet and --verbose exclude each other")
      }
      let code = try await command.body?(parsed, console) ?? .success
      console.clearProgress()
      let seconds = start.duration(to: .now) / .seconds(1)
      console.detail("finished in \(DurationFormat.spoken(seconds: seconds))")
      return ended(code, console)
    } catch {
      let error = Self.documented(error)
      console.clearProgress()
      console.failure(error)
      return ended(ExitCode(error.kind), console)
    }
  }

  /// The code, unless the result did not reach the standard output, which is a failure of its own.
  private func ended(_ code: ExitCode, _ console: Console) -> ExitCode {
    guard let reason = console.outputFailure else { return code }
    console.failure(
      ConvNetError(.cannotWrite, "standard output cannot be written: \(reason)"))
    return code == .success ? .cannotWrite : code
  }

  /// Any error as one with a kind; what has none is a mistake of ours.
  private static func documented(_ error: any Error) -> ConvNetError {
    if let error = error as? ConvNetError { return error }
    if error is CancellationError { return ConvNetError(.cancelled, "interrupted") }
    return ConvNetError(
      .internal, "unexpected: \(error)",
      advice: "please report this with the command line that led to it")
  }

  private var helpCommand: Command {
    let path = Positional<[String]>.optionalList(
      "COMMAND", rule: .text, "the command to explain; all of them without it")
    return Command(
      "help", "explain the program or a command", positionals: [path.specification],
      takesSharedOptions: false
    ) { arguments, console in
      let names = arguments[path]
      guard let page = HelpPage(self, width: console.output.width).page(for: names) else {
        let known = allCommands.map(\.name)
        let name = names.joined(separator: " ")
        throw ConvNetError(
          .invalidArgument,
          "no help on \(name.quoted())" + Suggestion.question(for: name, in: known),
          reason: "commands: \(known.joined(separator: ", "))")
      }
      console.result(page)
      return .success
    }
  }

  private var completionsCommand: Command {
    let shell = Positional<String>.required(
      "SHELL", rule: .choice(Shell.allCases.map(\.rawValue)), "the shell to write it for")
    return Command(
      "completions", "write what a shell needs to complete this program's command lines",
      discussion: Shell.allCases.map { $0.instructions(program: name) },
      positionals: [shell.specification], takesSharedOptions: false
    ) { arguments, console in
      if let shell = Shell(rawValue: arguments[shell]) {
        console.result(Completions(self).script(for: shell))
      }
      return .success
    }
  }
}
