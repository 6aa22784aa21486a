internal import ConvNetGraph

/// The rows of a CSV text (RFC 4180: fields in quotes may hold commas and doubled quotes).
///
/// Rows are read one at a time, so that a wrong line can be passed over and reported.
struct CSVReader {
  private let bytes: FileBytes
  private var offset = 0
  /// The number of the line that the last row began on, from 1.
  private(set) var line = 0
  private var nextLine = 1

  /// The longest row, in bytes.
  private static let rowLimit = 1 << 16

  /// Starts at the beginning; a UTF-8 byte order mark is passed over.
  init(_ bytes: FileBytes) throws(ConvNetError) {
    self.bytes = bytes
    if bytes.hasPrefix([0xEF, 0xBB, 0xBF]) { offset = 3 }
    if bytes.hasPrefix([0xFF, 0xFE]) || bytes.hasPrefix([0xFE, 0xFF]) {
      throw ConvNetError(
        .invalidData, "\(bytes.name): is not UTF-8", reason: "it begins like UTF-16",
        advice: "convert it: iconv -f UTF-16 -t UTF-8")
    }
  }

  /// The fields of the next row that is not empty, nil at the end.
  ///
  /// - Throws: an error without a place; reading may go on behind the row.
  mutating func nextRow() throws(ConvNetError) -> [String]? {
    while offset < bytes.count {
      line = nextLine
      let (range, problem) = rowRange()
      if let problem { throw ConvNetError(.invalidData, problem) }
      if range.isEmpty { continue }
      return try fields(range)
    }
    return nil
  }

  /// Finds the row's end, which is no line break inside quotes, and moves behind it.
  private mutating func rowRange() -> (range: Range<Int>, problem: String?) {
    bytes.withUnsafeBytes { raw in
      let start = offset
      var isQuoted = false
      var end = start
      while end < raw.count, isQuoted || raw[end] != 0x0A {
        if raw[end] == UInt8(ascii: "\"") { isQuoted.toggle() }
        if raw[end] == 0x0A { nextLine += 1 }
        // A quote that is never closed would swallow the rest of the file.
        if isQuoted, end - start > Self.rowLimit { break }
        end += 1
      }
      if isQuoted {
        while end < raw.count, raw[end] != 0x0A { end += 1 }
      }
      offset = min(end + 1, raw.count)
      nextLine += 1
      if isQuoted { return (start..<end, "a quote is not closed") }
      guard end - start <= Self.rowLimit else {
        return (start..<end, "has more than \(Self.rowLimit) bytes")
      }
      let hasReturn = end > start && raw[end - 1] == 0x0D
      return (start..<(hasReturn ? end - 1 : end), nil)
    }
  }

  private func fields(_ range: Range<Int>) throws(ConvNetError) -> [String] {
    let row = bytes.withUnsafeBytes { Array($0[range]) }
    guard let text = String(validating: row, as: UTF8.self) else {
      throw ConvNetError(.invalidData, "is not UTF-8")
    }
    guard !row.contains(0) else { throw ConvNetError(.invalidData, "holds a NUL byte") }
    var fields: [String] = []
    var rest = text.unicodeScalars[...]
    repeat {
      if !fields.isEmpty { rest = rest.dropFirst() }
      let (field, remaining) = try Self.field(rest)
      fields.append(field)
      rest = remaining
    } while rest.first == ","
    return fields
  }

  private static func field(
    _ rest: Substring.UnicodeScalarView
  ) throws(ConvNetError) -> (String, Substring.UnicodeScalarView) {
    guard rest.first == "\"" else {
      let end = rest.firstIndex(of: ",") ?? rest.endIndex
      return (String(rest[..<end]), rest[end...])
    }
    var field = ""
    var rest = rest.dropFirst()
    while let quote = rest.firstIndex(of: "\"") {
      field += String(rest[..<quote])
      rest = rest[rest.index(after: quote)...]
      guard rest.first == "\"" else {
        guard rest.isEmpty || rest.first == "," else {
          throw ConvNetError(.invalidData, "has text behind a closing quote")
        }
        return (field, rest)
      }
      field += "\""
      rest = rest.dropFirst()
    }
    throw ConvNetError(.invalidData, "a quote is not closed")
  }
}
