package import ConvNetFormats
package import ConvNetGraph
internal import Synchronization

/// Where a command's words go: results, records, notes, warnings and the progress line.
///
/// | what | where |
/// |---|---|
/// | a result: what the command was asked for | standard output; nowhere with `--json` |
/// | a record: the same for programs | standard output, with `--json` only |
/// | a note for the person who waits | standard output if that is a terminal, else standard error; with `--json` standard error |
/// | warnings and errors | standard error |
///
/// So with `--json` standard output holds JSON Lines and nothing else, and without it a pipe gets
/// the result only.
package final class Console: Sendable {
  /// How much is said besides results.
  package enum Verbosity: Int, Sendable, Comparable {
    case quiet, normal, verbose

    package static func < (left: Verbosity, right: Verbosity) -> Bool {
      left.rawValue < right.rawValue
    }
  }

  /// What the standard output can show.
  package let output: TerminalCapabilities
  /// What the stream for notes and progress can show.
  package let notes: TerminalCapabilities
  package let isJSON: Bool
  package let verbosity: Verbosity

  private let outputSink: any TextSink
  private let errorSink: any TextSink
  private let notesGoToOutput: Bool
  private let errorIsTerminal: Bool
  private let state = Mutex(State())

  private struct State {
    /// The progress line that stands in the terminal's last row, if one does.
    var progressLine = ""
    /// Why the standard output could not be written, from the first time it could not.
    var outputFailure: String?
  }

  package init(
    output: TerminalCapabilities, error: TerminalCapabilities, isJSON: Bool = false,
    verbosity: Verbosity = .normal, outputSink: any TextSink = FileDescriptorSink.standardOutput,
    errorSink: any TextSink = FileDescriptorSink.standardError
  ) {
    notesGoToOutput = output.isTerminal && !isJSON
    self.output = output
    notes = notesGoToOutput ? output : error
    errorIsTerminal = error.isTerminal
    self.isJSON = isJSON
    self.verbosity = verbosity
    self.outputSink = outputSink
    self.errorSink = errorSink
  }

  /// Says what the command was asked for.
  package func result(_ text: String) {
    if !isJSON { write(text + "\n", toOutput: true) }
  }

  /// Says the same for programs, as one line of JSON.
  package func record(_ value: JSONValue) {
    if isJSON { write(value.serialized() + "\n", toOutput: true) }
  }

  /// Tells the person who waits; not with `--quiet`.
  package func note(_ text: String) {
    if verbosity >= .normal { write(text + "\n", toOutput: notesGoToOutput) }
  }

  /// Tells what only helps to find out what happens; with `--verbose` only.
  package func detail(_ text: String) {
    if verbosity >= .verbose { write(text + "\n", toOutput: notesGoToOutput) }
  }

  /// Tells what is probably not as meant, though the work goes on.
  package func warning(_ text: String) {
    write("warning: \(text)\n", toOutput: false)
  }

  /// Tells the error that ended the command.
  package func failure(_ error: ConvNetError) {
    write("error: \(error.description)\n", toOutput: false)
  }

  /// Draws a line over the one that was drawn before; call only where notes can redraw.
  package func showProgress(_ line: String) {
    guard verbosity >= .normal, notes.redraws else { return }
    state.withLock { state in
      put("\r" + Self.eraseToEnd + line, toOutput: notesGoToOutput, &state)
      state.progressLine = line
    }
  }

  /// Takes the progress line away, at the end of what it showed.
  package func clearProgress() {
    state.withLock { state in
      guard !state.progressLine.isEmpty else { return }
      put("\r" + Self.eraseToEnd, toOutput: notesGoToOutput, &state)
      state.progressLine = ""
    }
  }

  /// Why the standard output could not be written, or nil if all of it was.
  package var outputFailure: String? { state.withLock(\.outputFailure) }

  private static let eraseToEnd = "\u{1B}[2K"

  private func write(_ text: String, toOutput: Bool) {
    state.withLock { state in
      let line = state.progressLine
      let isOverTheLine = !line.isEmpty && (toOutput ? output.isTerminal : errorIsTerminal)
      if isOverTheLine { put("\r" + Self.eraseToEnd, toOutput: notesGoToOutput, &state) }
      put(text, toOutput: toOutput, &state)
      if isOverTheLine { put(line, toOutput: notesGoToOutput, &state) }
    }
  }

  private func put(_ text: String, toOutput: Bool, _ state: inout State) {
    if toOutput {
      // After a failure the rest would be a result with a hole.
      guard state.outputFailure == nil else { return }
      state.outputFailure = outputSink.write(text)
    } else {
      // There is nowhere left to report that the error stream cannot be written.
      _ = errorSink.write(text)
    }
  }
}
