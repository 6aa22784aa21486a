internal import ConvNetFormats

extension String {
  /// The text between single quotes as an error shows it: escaped, and shortened when it is long.
  func quoted() -> String { "'\(escapedForDisplay)'" }
}
