internal import ConvNetEngine
internal import ConvNetTerminal

/// The options of every command that computes.
enum EngineArguments {
  static let threads = Option<Int?>.integer(
    "threads", "N", 1...1024, defaultText: "all cores",
    "the threads that compute; the result is the same with any number")

  static let group = OptionGroup("Computing", [threads.specification])

  /// The engine's options as the command line says.
  static func options(_ arguments: ParsedArguments) -> EngineOptions {
    EngineOptions(threads: arguments[threads])
  }
}
