internal import ConvNetTerminal

/// `convnet data`: a look at pictures before anything is trained on them.
enum DataCommand {
  static let command = Command(
    "data", "check, count and show pictures",
    subcommands: [DataCheckCommand.command, DataStatsCommand.command, DataShowCommand.command])
}
