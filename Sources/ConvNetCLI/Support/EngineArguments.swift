internal import ConvNetEngine
internal import ConvNetTerminal

/// The options of every command that computes.
enum EngineArguments {
  static let threads = Option<Int?>.integer(
    "threads", "N", 1...1024, defaultText: "all cores",
    "the threads that compute; the result is the same with any number")

  static let precision = Option<String?>.text(
    "precision", "NAME", rule: .choice(["float32", "bf16"]), defaultText: "float32",
    "bf16: products may be rounded to bfloat16 where that is faster; float32: they are not")

  static let group = OptionGroup(
    "Computing", [threads.specification, precision.specification])

  /// The engine's options as the command line says.
  static func options(_ arguments: ParsedArguments) -> EngineOptions {
    EngineOptions(threads: arguments[threads], precision: precision(arguments))
  }

  /// What products may be rounded to.
  static func precision(_ arguments: ParsedArguments) -> EngineOptions.Precision {
    arguments[precision] == "bf16" ? .bfloat16 : .float32
  }
}
