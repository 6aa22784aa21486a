package import ConvNetGraph
internal import ConvNetText

/// What a command line asks for.
package enum Invocation: Sendable {
  /// The help page of a command, or of the whole program for an empty path.
  case help(path: [String])
  case version
  case run(Command, ParsedArguments)
}

/// Reads a command line by the tables of a program's commands.
package struct ArgumentParser {
  private let program: String
  private let commands: [Command]
  private let shared: [OptionSpecification]

  package init(program: String, commands: [Command], shared: [OptionSpecification]) {
    self.program = program
    self.commands = commands
    self.shared = shared
  }

  /// What the arguments (without the program's own name) ask for.
  ///
  /// - Throws: An `invalidArgument` error that names the option, what it takes, and what was given.
  package func parse(_ arguments: [String]) throws(ConvNetError) -> Invocation {
    var reader = OptionReader(words: arguments[...])
    if arguments.isEmpty { return .help(path: []) }

    while let word = reader.next, isOption(word) {
      if isHelp(word) { return .help(path: []) }
      if word == "--version" { return .version }
      try reader.takeOption(from: shared, helpPath: program)
    }
    guard let name = reader.takeWord() else {
      throw ConvNetError(
        .invalidArgument, "no command given",
        reason: "commands: \(commands.map(\.name).joined(separator: ", "))",
        advice: "'\(program) help' explains them")
    }
    var command = try find(name, among: commands, kind: "command", above: program)
    var path = [command.name]
    while !command.subcommands.isEmpty {
      let place = ([program] + path).joined(separator: " ")
      if let word = reader.next, isHelp(word) { return .help(path: path) }
      guard let name = reader.takeWord() else {
        throw ConvNetError(
          .invalidArgument, "'\(place)' needs a subcommand",
          reason: "one of \(command.subcommands.map(\.name).joined(separator: ", "))")
      }
      command = try find(name, among: command.subcommands, kind: "subcommand", above: place)
      path.append(command.name)
    }

    // Whoever asks for help gets it, whatever else is wrong with the line.
    if reader.words.prefix(while: { $0 != "--" }).contains(where: isHelp) {
      return .help(path: path)
    }
    let place = ([program] + path).joined(separator: " ")
    let table = command.options + (command.takesSharedOptions ? shared : [])
    var words: [String] = []
    var onlyWords = false
    while let word = reader.next {
      if !onlyWords, word == "--" {
        onlyWords = true
        _ = reader.takeWord()
      } else if !onlyWords, isOption(word) {
        try reader.takeOption(from: table, helpPath: place)
      } else if let word = reader.takeWord() {
        words.append(word)
      }
    }
    let assigned = try assign(words, to: command.positionals, place: place)
    return .run(command, ParsedArguments(path: path, values: reader.values, words: assigned))
  }

  private func isOption(_ word: String) -> Bool { word.hasPrefix("-") && word != "-" }
  private func isHelp(_ word: String) -> Bool { word == "--help" || word == "-h" }

  private func find(
    _ name: String, among commands: [Command], kind: String, above place: String
  ) throws(ConvNetError) -> Command {
    if let command = commands.first(where: { $0.name == name }) { return command }
    let names = commands.map(\.name)
    throw ConvNetError(
      .invalidArgument,
      "unknown \(kind) \(name.quoted())" + Suggestion.question(for: name, in: names),
      reason: "\(kind)s of '\(place)': \(names.joined(separator: ", "))")
  }

  private func assign(
    _ words: [String], to positionals: [PositionalSpecification], place: String
  ) throws(ConvNetError) -> [String: [String]] {
    var rest = words[...]
    var assigned: [String: [String]] = [:]
    for positional in positionals {
      let taken = positional.takesAll ? rest : rest.prefix(1)
      rest = rest.dropFirst(taken.count)
      if taken.isEmpty, positional.isRequired {
        throw ConvNetError(
          .invalidArgument, "'\(place)' needs \(positional.name): \(positional.help)",
          advice: "usage: \(place) \(HelpPage.usage(positionals))")
      }
      for word in taken where positional.rule.value(of: word) == nil {
        throw ConvNetError(
          .invalidArgument,
          "\(positional.name) needs \(positional.rule.expectation), got \(word.quoted())"
            + positional.rule.question(for: word))
      }
      if !taken.isEmpty { assigned[positional.name] = Array(taken) }
    }
    if let word = rest.first {
      throw ConvNetError(
        .invalidArgument, "unexpected argument \(word.quoted())",
        advice: "usage: \(place) \(HelpPage.usage(positionals))")
    }
    return assigned
  }
}
