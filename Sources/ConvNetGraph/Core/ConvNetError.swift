/// An error that says what is wrong and where, why, and what to do about it.
///
/// Every failing call of the library throws this one type. The command line turns `kind` into the
/// process's exit code.
public struct ConvNetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, for a program to decide on.
  public enum Kind: String, Hashable, Sendable {
    /// The network's definition is wrong: shapes, attributes, names.
    case invalidNetwork
    /// A value that the caller passed is outside what is allowed.
    case invalidArgument
    /// A file's or a buffer's content is damaged or not what was announced.
    case invalidData
    /// A file or folder does not exist.
    case notFound
    /// A file cannot be written.
    case cannotWrite
    /// Something that is well formed but not supported by this build or version.
    case unsupported
    /// Training produced values that are not finite.
    case diverged
    /// The work was cancelled.
    case cancelled
    /// A mistake in this library.
    case `internal`
  }

  /// What went wrong, for a program to decide on.
  public var kind: Kind
  /// What is wrong and where: one line.
  public var summary: String
  /// Why: one line, or nil.
  public var reason: String?
  /// What to do about it: one line, or nil.
  public var advice: String?

  /// Makes an error from its lines.
  public init(_ kind: Kind, _ summary: String, reason: String? = nil, advice: String? = nil) {
    self.kind = kind
    self.summary = summary
    self.reason = reason
    self.advice = advice
  }

  /// The summary, then the reason and the advice, each on an indented line of its own.
  public var description: String {
    [summary, reason.map { "  " + $0 }, advice.map { "  " + $0 }].compactMap { $0 }
      .joined(separator: "\n")
  }

  /// The same error with the place it was found at in front of its summary.
  public func at(_ place: String) -> ConvNetError {
    guard !place.isEmpty else { return self }
    var copy = self
    copy.summary = "\(place): \(summary)"
    return copy
  }
}
