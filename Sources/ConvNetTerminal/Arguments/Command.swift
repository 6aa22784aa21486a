/// A command of the program: its table, and what it does.
package struct Command: Sendable {
  /// What a command does with its arguments; the result is the program's exit code.
  package typealias Body = @Sendable (ParsedArguments, Console) async throws -> ExitCode

  package var name: String
  /// What it does, in a line without a full stop.
  package var summary: String
  /// Paragraphs for its help page.
  package var discussion: [String]
  package var positionals: [PositionalSpecification]
  package var groups: [OptionGroup]
  /// Command lines to copy, without the program's name.
  package var examples: [String]
  /// The commands below this one; it then has no body.
  package var subcommands: [Command]
  /// Whether it also takes the options that all commands share.
  package var takesSharedOptions: Bool
  let body: Body?

  /// A command that does something.
  package init(
    _ name: String, _ summary: String, discussion: [String] = [],
    positionals: [PositionalSpecification] = [], options groups: [OptionGroup] = [],
    examples: [String] = [], takesSharedOptions: Bool = true, body: @escaping Body
  ) {
    self.name = name
    self.summary = summary
    self.discussion = discussion
    self.positionals = positionals
    self.groups = groups
    self.examples = examples
    subcommands = []
    self.takesSharedOptions = takesSharedOptions
    self.body = body
  }

  /// A command that only holds others: `data check`, `data stats`.
  package init(
    _ name: String, _ summary: String, discussion: [String] = [], subcommands: [Command]
  ) {
    self.name = name
    self.summary = summary
    self.discussion = discussion
    positionals = []
    groups = []
    examples = []
    self.subcommands = subcommands
    takesSharedOptions = true
    body = nil
  }

  /// All its options, in the order of the table.
  package var options: [OptionSpecification] { groups.flatMap(\.options) }
}
