internal import ConvNetText

extension Completions {
  /// One `complete` line for each command, option and value list.
  var fish: String {
    var lines = ["# fish completion for \(program)"]
    lines.append("complete -c \(program) -f")
    for command in outermost {
      lines.append(
        "complete -c \(program) -n __fish_use_subcommand -a \(command.name) "
          + "-d \(shellQuotedForFish(command.summary))")
    }
    lines.append("complete -c \(program) -n __fish_use_subcommand -l version -d 'show the version'")
    for option in optionsBeforeCommand {
      lines.append(fishLine(option, condition: "__fish_use_subcommand"))
    }
    for (path, command) in commands {
      let condition = fishCondition(path, command)
      for subcommand in command.subcommands {
        lines.append(
          "complete -c \(program) -n \(condition) -a \(subcommand.name) "
            + "-d \(shellQuotedForFish(subcommand.summary))")
      }
      for option in options(of: command) { lines.append(fishLine(option, condition: condition)) }
      for positional in command.positionals {
        lines.append(
          "complete -c \(program) -n \(condition)\(fishValues(positional.rule))")
      }
    }
    return lines.joined(separator: "\n")
  }

  private func fishCondition(_ path: [String], _ command: Command) -> String {
    var tests = path.map { "__fish_seen_subcommand_from \($0)" }
    if !command.subcommands.isEmpty {
      let names = command.subcommands.map(\.name).joined(separator: " ")
      tests.append("not __fish_seen_subcommand_from \(names)")
    }
    return shellQuotedForFish(tests.joined(separator: "; and "))
  }

  private func fishLine(_ option: OptionSpecification, condition: String) -> String {
    var line = "complete -c \(program) -n \(condition) -l \(option.name)"
    if let letter = option.letter { line += " -s \(letter)" }
    if let rule = option.rule {
      // -x: needs a value, and no file is one.
      line += rule.completesFiles || rule.completesFolders ? " -r" : " -x"
      line += fishValues(rule)
    }
    return line + " -d \(shellQuotedForFish(option.help))"
  }

  private func fishValues(_ rule: ValueRule) -> String {
    var text = ""
    if rule.completesFiles || rule.completesFolders { text += " -F" }
    if let words = rule.completionWords {
      text += " -a \(shellQuotedForFish(words.joined(separator: " ")))"
    }
    return text
  }

  /// Between single quotes, as fish escapes: a backslash before quotes and backslashes.
  private func shellQuotedForFish(_ text: String) -> String {
    "'" + text.replacingText("\\", with: "\\\\").replacingText("'", with: "\\'") + "'"
  }
}
