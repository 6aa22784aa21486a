/// Looking for pieces of text.
///
/// The standard library's `contains(_:)`, `firstRange(of:)` and `replacing(_:with:)` for strings come with
/// its regular expressions, almost a megabyte of the program; these compare bytes.
extension StringProtocol {
  /// Where a text first occurs, or nil.
  package func firstRange(ofText text: String) -> Range<Index>? {
    let wanted = Array(text.utf8)
    guard !wanted.isEmpty else { return nil }
    var position = utf8.startIndex
    while position < utf8.endIndex {
      if utf8[position...].starts(with: wanted) {
        return position..<utf8.index(position, offsetBy: wanted.count)
      }
      utf8.formIndex(after: &position)
    }
    return nil
  }

  /// Whether a text occurs.
  package func contains(text: String) -> Bool { firstRange(ofText: text) != nil }

  /// The string with every occurrence of a text replaced.
  package func replacingText(_ text: String, with replacement: String) -> String {
    var result = ""
    var rest = self[startIndex...]
    while let found = rest.firstRange(ofText: text) {
      result += rest[..<found.lowerBound]
      result += replacement
      rest = rest[found.upperBound...]
    }
    result += rest
    return result
  }
}
