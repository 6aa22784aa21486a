package import ConvNetGraph

/// What the program's end says to the shell, as documented in `convnet help`.
package enum ExitCode: Int32, CaseIterable, Sendable {
  /// Everything was done.
  case success = 0
  /// A check that the user asked for failed.
  case checkFailed = 1
  /// Training produced numbers that are not finite; the last good state is kept.
  case diverged = 2
  /// The command line is wrong.
  case usage = 64
  /// A data or model file is damaged, or not what it should be.
  case badData = 65
  /// An input file or folder does not exist.
  case inputNotFound = 66
  /// A mistake in the program.
  case internalError = 70
  /// A file, or the standard output, cannot be written.
  case cannotWrite = 73
  /// Interrupted from the keyboard (SIGINT), after saving.
  case interrupted = 130
  /// Asked to end (SIGTERM), after saving.
  case terminated = 143

  /// The code for an error that ended a command.
  package init(_ kind: ConvNetError.Kind) {
    switch kind {
    case .invalidArgument: self = .usage
    case .invalidNetwork, .invalidData, .unsupported: self = .badData
    case .notFound: self = .inputNotFound
    case .cannotWrite: self = .cannotWrite
    case .diverged: self = .diverged
    case .cancelled: self = .interrupted
    case .internal: self = .internalError
    }
  }

  /// The code in words, for the help page.
  package var meaning: String {
    switch self {
    case .success: "done"
    case .checkFailed: "a check that was asked for failed"
    case .diverged: "training diverged; the last good state is kept"
    case .usage: "the command line is wrong"
    case .badData: "a data or model file is damaged or not what it should be"
    case .inputNotFound: "an input does not exist"
    case .internalError: "a mistake in this program; please report it"
    case .cannotWrite: "a file or the standard output cannot be written"
    case .interrupted: "interrupted (Ctrl-C), after saving"
    case .terminated: "asked to end (SIGTERM), after saving"
    }
  }
}
