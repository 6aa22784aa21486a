internal import ConvNetText

/// The help pages, written from the commands' tables.
package struct HelpPage: Sendable {
  private let tool: CommandLineTool
  private let width: Int

  /// Pages for lines of a width in terminal cells; wider than 100 is not used.
  package init(_ tool: CommandLineTool, width: Int = 80) {
    self.tool = tool
    self.width = min(100, max(40, width))
  }

  /// The page of the whole program.
  package var overview: String {
    var lines = ["\(tool.name) \(tool.version): \(tool.summary)", ""]
    lines += ["Usage: \(tool.name) COMMAND [arguments] [options]", "", "Commands"]
    lines += rows(tool.allCommands.map { ($0.name, $0.summary) })
    lines += optionLines(
      [
        OptionGroup(
          "Options of every command",
          tool.sharedOptions.options + [Self.helpOption, Self.versionOption])
      ])
    lines += ["", "Exit codes"] + rows(ExitCode.allCases.map { ("\($0.rawValue)", $0.meaning) })
    lines += ["", "'\(tool.name) help COMMAND' explains a command."]
    return lines.joined(separator: "\n")
  }

  /// The page of the command at a path, such as `["data", "check"]`, or nil if there is none.
  package func page(for path: [String]) -> String? {
    guard !path.isEmpty else { return overview }
    return tool.command(at: path).map { page(for: $0, path: path) }
  }

  private func page(for command: Command, path: [String]) -> String {
    let place = ([tool.name] + path).joined(separator: " ")
    var lines = "\(place): \(command.summary)".wrapped(to: width)
    if command.subcommands.isEmpty {
      lines += ["", "Usage: \(place) \(Self.usage(command.positionals))"]
    } else {
      lines += ["", "Usage: \(place) SUBCOMMAND [arguments] [options]"]
    }
    for paragraph in command.discussion { lines += [""] + paragraph.wrapped(to: width) }
    if !command.subcommands.isEmpty {
      lines += ["", "Subcommands"] + rows(command.subcommands.map { ($0.name, $0.summary) })
    }
    if !command.positionals.isEmpty {
      lines += ["", "Arguments"] + rows(command.positionals.map { ($0.name, $0.help) })
    }
    if command.subcommands.isEmpty {
      var groups = command.groups
      if command.takesSharedOptions { groups.append(tool.sharedOptions) }
      if groups.isEmpty {
        groups.append(OptionGroup("Options", [Self.helpOption]))
      } else {
        groups[groups.count - 1].options.append(Self.helpOption)
      }
      lines += optionLines(groups)
    }
    if !command.examples.isEmpty {
      lines += ["", "Examples"] + command.examples.map { "  \(tool.name) \($0)" }
    }
    return lines.joined(separator: "\n")
  }

  /// The arguments and options of a usage line: `MODEL IMAGE... [options]`.
  static func usage(_ positionals: [PositionalSpecification]) -> String {
    (positionals.map(\.usage) + ["[options]"]).joined(separator: " ")
  }

  private static let helpOption =
    Option<Bool>.flag("help", letter: "h", "show this page").specification

  private static let versionOption =
    Option<Bool>.flag("version", "show the program's version").specification

  private func optionLines(_ groups: [OptionGroup]) -> [String] {
    groups.flatMap { group in
      ["", group.title]
        + rows(group.options.map { (Self.left($0), Self.description($0)) })
    }
  }

  private static func left(_ option: OptionSpecification) -> String {
    let letter = option.short.map { "\($0), " } ?? "    "
    return letter + option.typed + (option.valueName.map { " \($0)" } ?? "")
  }

  /// The option's help with its range and default.
  private static func description(_ option: OptionSpecification) -> String {
    var notes: [String] = []
    if let range = option.rule?.helpText { notes.append(range) }
    if let standard = option.defaultText { notes.append("default \(standard)") }
    if option.repeats { notes.append("may be repeated") }
    return option.help + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))")
  }

  /// Two columns, the right one wrapped; a long left cell pushes its text to the next line.
  private func rows(_ cells: [(left: String, right: String)]) -> [String] {
    let widest = 26
    let left = cells.map(\.left.displayWidth).filter { $0 <= widest }.max() ?? widest
    return cells.flatMap { cell in
      var lines = cell.right.wrapped(to: max(20, width - left - 4))
      let indent = String(repeating: " ", count: left + 4)
      let first: String
      if cell.left.displayWidth <= left, !lines.isEmpty {
        first = "  " + cell.left.padded(to: left) + "  " + lines.removeFirst()
      } else {
        first = "  " + cell.left
      }
      return [first] + lines.map { indent + $0 }
    }
  }
}
