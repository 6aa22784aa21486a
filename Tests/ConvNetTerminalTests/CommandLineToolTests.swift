import ConvNetGraph
import ConvNetTerminal
import Testing

struct CommandLineToolTests {
  /// What a command line wrote, and its exit code.
  struct Outcome {
    var code: ExitCode
    var output: String
    var error: String
  }

  func run(
    _ line: String..., output: TerminalCapabilities = .plain, outputFailure: String? = nil
  ) async -> Outcome {
    let outputSink = MemorySink(failure: outputFailure)
    let errorSink = MemorySink()
    let code = await SampleTool.tool.run(
      line, outputSink: outputSink, errorSink: errorSink,
      capabilities: { descriptor, _ in descriptor == 1 ? output : .plain })
    return Outcome(code: code, output: outputSink.text, error: errorSink.text)
  }

  @Test func aPipeGetsTheResultOnly() async {
    let outcome = await run("train", "d")
    #expect(outcome.code == .success)
    #expect(outcome.output == "trained for 30\n")
    #expect(outcome.error == "a note\nwarning: a warning\n")
  }

  @Test func aTerminalGetsNotesToo() async {
    let outcome = await run("train", "d", output: .terminal)
    #expect(outcome.output == "trained for 30\na note\n")
    #expect(outcome.error == "warning: a warning\n")
  }

  @Test(arguments: [TerminalCapabilities.plain, .terminal])
  func withJSONStandardOutputHoldsRecordsOnly(output: TerminalCapabilities) async {
    let outcome = await run("train", "d", "--json", "--epochs", "2", output: output)
    #expect(outcome.output == "{\"epochs\":2}\n")
    #expect(outcome.error == "a note\nwarning: a warning\n")
  }

  @Test func quietAndVerboseChangeWhatIsSaid() async {
    let quiet = await run("train", "d", "-q")
    #expect(quiet.output == "trained for 30\n")
    #expect(quiet.error == "warning: a warning\n")
    let verbose = await run("train", "d", "-v")
    #expect(verbose.error.hasPrefix("a note\na detail\nwarning: a warning\nfinished in "))
    let both = await run("train", "d", "-v", "-q")
    #expect(both.code == .usage)
    #expect(both.output == "")
  }

  @Test(arguments: [
    ("cancelled", ExitCode.interrupted, "error: interrupted\n"),
    ("diverged", .diverged, "error: loss is nan\n  step 7\n  lower --lr\n"),
    ("file", .inputNotFound, "error: no such file\n"),
    (
      "unknown", .internalError,
      "error: unexpected: UndocumentedError()\n"
        + "  please report this with the command line that led to it\n"
    ),
  ])
  func errorsEndWithTheirCode(kind: String, code: ExitCode, text: String) async {
    let outcome = await run("fail", kind)
    #expect(outcome.code == code)
    #expect(outcome.output == "")
    #expect(outcome.error == text)
  }

  @Test func aWrongLineSaysSoAndChangesNothing() async {
    let outcome = await run("train", "d", "--epochs", "0x10")
    #expect(outcome.code == .usage)
    #expect(outcome.output == "")
    #expect(
      outcome.error
        == "error: --epochs needs a whole number from 1 to 100,000, got '0x10'\n")
  }

  @Test func aResultThatCannotBeWrittenIsAFailure() async {
    let outcome = await run("train", "d", outputFailure: "No space left on device")
    #expect(outcome.code == .cannotWrite)
    #expect(
      outcome.error.hasSuffix(
        "error: standard output cannot be written: No space left on device\n"))
    let other = await run("predict", "m", "i", outputFailure: "No space left on device")
    #expect(other.code == .checkFailed, "nothing was written, so nothing was lost")
  }

  @Test func theVersionIsSaid() async {
    let outcome = await run("--version")
    #expect(outcome.output == "sample 1.2.3\n")
  }

  @Test func helpIsTheSameHoweverItIsAskedFor() async {
    let asked = await run("help", "data", "check")
    #expect(asked.code == .success)
    #expect(asked.output.hasPrefix("sample data check: find bad pictures\n"))
    #expect(await run("data", "check", "--help").output == asked.output)
    let overview = await run("help")
    #expect(await run().output == overview.output)
    let wrong = await run("help", "trian")
    #expect(wrong.code == .usage)
    #expect(wrong.error.hasPrefix("error: no help on 'trian' — did you mean 'train'?\n"))
  }

  @Test func everyKindOfErrorHasADocumentedCode() {
    let kinds: [(ConvNetError.Kind, Int32)] = [
      (.invalidArgument, 64), (.invalidNetwork, 65), (.invalidData, 65), (.unsupported, 65),
      (.notFound, 66), (.internal, 70), (.cannotWrite, 73), (.diverged, 2), (.cancelled, 130),
    ]
    for (kind, code) in kinds { #expect(ExitCode(kind).rawValue == code) }
    let documented: [Int32] = [0, 1, 2, 64, 65, 66, 70, 73, 130, 143]
    #expect(ExitCode.allCases.map(\.rawValue) == documented)
  }
}
