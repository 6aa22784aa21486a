internal import ConvNetText

extension Completions {
  /// A function per command, each a call of zsh's `_arguments` with the command's table.
  var zsh: String {
    var lines = ["#compdef \(program)", ""]
    lines += zshFunction(
      name: "_\(program)",
      options: optionsBeforeCommand.map(zshOption) + ["'--version[show the version]'"],
      path: [], subcommands: outermost)
    for (path, command) in commands {
      lines.append("")
      let name = zshName(path)
      if command.subcommands.isEmpty {
        lines.append("\(name)() {")
        lines.append("  _arguments -S \\")
        let rows =
          options(of: command).map(zshOption) + ["'(-h --help)'{-h,--help}'[show its help]'"]
          + command.positionals.map(zshPositional)
        lines.append(rows.map { "    \($0)" }.joined(separator: " \\\n"))
        lines.append("}")
      } else {
        lines += zshFunction(
          name: name, options: [], path: path, subcommands: command.subcommands)
      }
    }
    lines += ["", "_\(program) \"$@\""]
    return lines.joined(separator: "\n")
  }

  private func zshName(_ path: [String]) -> String {
    "_" + ([program] + path).joined(separator: "_")
  }

  /// A level that ends in one of some commands: offers them, then hands over to theirs.
  private func zshFunction(
    name: String, options: [String], path: [String], subcommands: [Command]
  ) -> [String] {
    let rows =
      options + ["'(-h --help)'{-h,--help}'[show its help]'", "'1: :->command'", "'*:: :->rest'"]
    let described = subcommands.map {
      "    " + shellQuoted($0.name + ":" + $0.summary.replacingText(":", with: "\\:"))
    }
    let cases = subcommands.map { "        \($0.name)) \(zshName(path + [$0.name])) ;;" }
    return ["\(name)() {", "  local state", "  local -a commands=("] + described
      + [
        "  )", "  _arguments -C \\", rows.map { "    \($0)" }.joined(separator: " \\\n"),
        "  case $state in", "    command) _describe command commands ;;", "    rest)",
        "      case $words[1] in",
      ] + cases + ["      esac ;;", "  esac", "}"]
  }

  private func zshOption(_ option: OptionSpecification) -> String {
    let help = "[" + zshEscaped(option.help) + "]"
    let value =
      option.rule.map { ":\(zshEscaped(option.valueName ?? "value")):\(zshValues($0))" } ?? ""
    let star = option.repeats ? "*" : ""
    guard let letter = option.short else {
      return shellQuoted(star + option.typed + (value.isEmpty ? "" : "=") + help + value)
    }
    return "'(\(letter) \(option.typed))'{\(letter),\(option.typed)}" + shellQuoted(help + value)
  }

  private func zshPositional(_ positional: PositionalSpecification) -> String {
    let start = positional.takesAll ? "*:" : positional.isRequired ? ":" : "::"
    return shellQuoted(start + zshEscaped(positional.name) + ":" + zshValues(positional.rule))
  }

  private func zshValues(_ rule: ValueRule) -> String {
    let words = (rule.completionWords ?? []).joined(separator: " ")
    if rule.completesFiles { return words.isEmpty ? "_files" : "{_files; compadd -- \(words)}" }
    if rule.completesFolders { return "_files -/" }
    return words.isEmpty ? " " : "(\(words))"
  }

  /// Brackets and colons mean something to `_arguments`.
  private func zshEscaped(_ text: String) -> String {
    text.replacingText("[", with: "\\[").replacingText("]", with: "\\]").replacingText(
      ":", with: "\\:")
  }
}
