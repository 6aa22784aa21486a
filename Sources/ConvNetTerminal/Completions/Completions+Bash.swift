extension Completions {
  /// A function that finds out which command is being written, then offers its options and values.
  var bash: String {
    let paths = commands.map { shellQuoted($0.path.joined(separator: " ")) }.joined(separator: "|")
    return """
      # bash completion for \(program): source <(\(program) completions bash)
      _\(program)() {
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
        local command= index
        COMPREPLY=()
        for ((index = 1; index < COMP_CWORD; index++)); do
          case "${command:+$command }${COMP_WORDS[index]}" in
            \(paths)) command="${command:+$command }${COMP_WORDS[index]}" ;;
          esac
        done
        case "$command $previous" in
      \(bashValueCases.joined(separator: "\n"))
        esac
        local options= words= files=
        case "$command" in
      \(bashCommandCases.joined(separator: "\n"))
        esac
        if [[ $current == -* ]]; then
          COMPREPLY=($(compgen -W "$options --help" -- "$current"))
        else
          COMPREPLY=($(compgen -W "$words" -- "$current"))
          if [[ -n $files ]]; then
            COMPREPLY+=($(compgen $files -- "$current"))
            compopt -o filenames 2>/dev/null
          fi
        fi
      }
      complete -F _\(program) \(program)
      """
  }

  private var bashValueCases: [String] {
    commands.flatMap { path, command in
      options(of: command).compactMap { option in
        guard let rule = option.rule else { return nil }
        let place = path.joined(separator: " ")
        let patterns = [option.typed, option.short].compactMap { $0 }
          .map { shellQuoted("\(place) \($0)") }.joined(separator: "|")
        let words = shellQuoted((rule.completionWords ?? []).joined(separator: " "))
        var action = "COMPREPLY=($(compgen -W \(words)"
        if rule.completesFiles { action += " -f" }
        if rule.completesFolders { action += " -d" }
        action += " -- \"$current\"))"
        if rule.completesFiles || rule.completesFolders {
          action += "; compopt -o filenames 2>/dev/null"
        }
        return "    \(patterns)) \(action); return ;;"
      }
    }
  }

  private var bashCommandCases: [String] {
    let outermost = shellQuoted(outermost.map(\.name).joined(separator: " "))
    let before = optionsBeforeCommand.map(\.typed) + ["--version"]
    let first =
      "    '') words=\(outermost) options=\(shellQuoted(before.joined(separator: " "))) ;;"
    return [first]
      + commands.map { path, command in
        let options = options(of: command).map(\.typed).joined(separator: " ")
        let rules = command.positionals.map(\.rule)
        let words = command.subcommands.map(\.name) + rules.flatMap { $0.completionWords ?? [] }
        let files =
          rules.contains(where: \.completesFiles)
          ? "-f" : rules.contains(where: \.completesFolders) ? "-d" : ""
        return "    \(shellQuoted(path.joined(separator: " ")))) "
          + "options=\(shellQuoted(options)) words=\(shellQuoted(words.joined(separator: " "))) "
          + "files=\(files) ;;"
      }
  }
}
