/// The options that every command takes, before or after its name.
package enum SharedOptions {
  package static let quiet = Option<Bool>.flag(
    "quiet", letter: "q", "say results, warnings and errors only")
  package static let verbose = Option<Bool>.flag(
    "verbose", letter: "v", "say what is done and how long it takes")
  package static let json = Option<Bool>.flag(
    "json", "write JSON Lines to standard output, and nothing else there")
  package static let noColour = Option<Bool>.flag(
    "no-color", "no colours and no line drawn over itself (also with NO_COLOR set)")

  package static let group = OptionGroup(
    "Output",
    [
      quiet.specification, verbose.specification, json.specification, noColour.specification,
    ])
}
