internal import ConvNetText

/// Lines of comma-separated values, as RFC 4180 writes them.
enum CSV {
  /// One line, without its end.
  static func line(_ cells: [String]) -> String {
    cells.map(quoted).joined(separator: ",")
  }

  private static func quoted(_ cell: String) -> String {
    guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
    return "\"" + cell.replacingText("\"", with: "\"\"") + "\""
  }
}
