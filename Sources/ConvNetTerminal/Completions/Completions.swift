internal import ConvNetText

/// Completion scripts, written from the commands' tables.
package struct Completions: Sendable {
  let program: String
  /// Every command with its path below the program, groups before their subcommands.
  let commands: [(path: [String], command: Command)]
  private let shared: [OptionSpecification]

  package init(_ tool: CommandLineTool) {
    func flattened(_ commands: [Command], below path: [String]) -> [([String], Command)] {
      commands.flatMap { command in
        let own = path + [command.name]
        return [(own, command)] + flattened(command.subcommands, below: own)
      }
    }
    program = tool.name
    commands = flattened(tool.allCommands, below: [])
    shared = tool.sharedOptions.options
  }

  /// The script for a shell.
  package func script(for shell: Shell) -> String {
    switch shell {
    case .bash: bash
    case .zsh: zsh
    case .fish: fish
    }
  }

  /// The options of a command, those that all share included.
  func options(of command: Command) -> [OptionSpecification] {
    command.subcommands.isEmpty
      ? command.options + (command.takesSharedOptions ? shared : []) : []
  }

  /// The program's commands at the outermost level.
  var outermost: [Command] { commands.filter { $0.path.count == 1 }.map(\.command) }

  /// The options that may stand before a command.
  var optionsBeforeCommand: [OptionSpecification] { shared }

  /// The text as one word of a shell: between single quotes.
  func shellQuoted(_ text: String) -> String {
    "'" + text.replacingText("'", with: "'\\''") + "'"
  }
}

extension ValueRule {
  /// The words that can be completed, or nil where the value is free or a path.
  var completionWords: [String]? {
    switch self {
    case .choice(let words), .choices(let words), .nameOrFile(let words): words
    case .number(_, let keyword): keyword.map { [$0] }
    case .integer, .text, .file, .folder, .path, .duration, .sizes: nil
    }
  }

  /// Whether a path can stand there.
  var completesFiles: Bool {
    switch self {
    case .file, .nameOrFile, .path: true
    case .folder, .integer, .number, .choice, .choices, .text, .duration, .sizes: false
    }
  }

  /// Whether a folder can stand there, and no file.
  var completesFolders: Bool { self == .folder }
}
