extension String {
  /// The text's lines, broken at spaces so that each fits into a width in terminal cells; a word
  /// that is longer stands on a line of its own, whole.
  package func wrapped(to width: Int) -> [String] {
    var lines: [String] = []
    for paragraph in split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      for word in paragraph.split(separator: " ") {
        if !line.isEmpty, line.displayWidth + 1 + String(word).displayWidth > width {
          lines.append(line)
          line = ""
        }
        line += line.isEmpty ? String(word) : " " + word
      }
      lines.append(line)
    }
    return lines
  }
}
