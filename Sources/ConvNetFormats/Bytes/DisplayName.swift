extension String {
  /// The string as it may be shown in a message: control characters, quotes, backslashes and
  /// characters that change the direction of writing are escaped, and the middle of a very long
  /// string is left out.
  ///
  /// Names come from files and folders; shown as they are, they could clear a terminal or forge
  /// a line of a log.
  public var escapedForDisplay: String {
    var shown = ""
    for scalar in unicodeScalars.prefix(160) { shown += scalar.escapedForDisplay }
    guard unicodeScalars.count > 160 else { return shown }
    shown += "…"
    for scalar in unicodeScalars.suffix(40) { shown += scalar.escapedForDisplay }
    return shown
  }
}

extension Unicode.Scalar {
  fileprivate var escapedForDisplay: String {
    switch value {
    case 0x0A: "\\n"
    case 0x0D: "\\r"
    case 0x09: "\\t"
    case 0x22: "\\\""
    case 0x5C: "\\\\"
    case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
      "\\u{\(String(value, radix: 16))}"
    default: String(self)
    }
  }
}
