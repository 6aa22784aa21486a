/// A table of text whose columns are as wide as their longest cell; nothing is ever cut off.
package struct TextTable: Sendable {
  /// A column's title and the side its cells stand at.
  package struct Column: Sendable {
    package var title: String
    package var alignment: TextAlignment
    /// The least width in terminal cells, for tables whose rows come one at a time.
    package var minimumWidth: Int

    package init(_ title: String, _ alignment: TextAlignment = .left, minimumWidth: Int = 0) {
      self.title = title
      self.alignment = alignment
      self.minimumWidth = minimumWidth
    }
  }

  package var columns: [Column]
  /// The rows' cells; missing ones are empty, and those beyond the columns are shown after them.
  package var rows: [[String]] = []
  /// Rows below a line of their own, such as totals.
  package var footers: [[String]] = []

  package init(columns: [Column], rows: [[String]] = [], footers: [[String]] = []) {
    self.columns = columns
    self.rows = rows
    self.footers = footers
  }

  /// The lines of the table: titles, a line, the rows, and the footers below another line.
  package func lines(gap: Int = 2) -> [String] {
    let titles = columns.map(\.title)
    let widths = columns.indices.map { index in
      ([titles] + rows + footers).reduce(columns[index].minimumWidth) { width, row in
        index < row.count ? max(width, row[index].displayWidth) : width
      }
    }
    let line = String(
      repeating: "─", count: widths.reduce(0, +) + gap * max(0, columns.count - 1))
    let text = { (cells: [String]) in Self.text(cells, columns, widths: widths, gap: gap) }
    return [text(titles), line] + rows.map(text) + (footers.isEmpty ? [] : [line])
      + footers.map(text)
  }

  /// The titles alone, for a table whose rows are printed as they come.
  package func titleLine(gap: Int = 2) -> String { rowLine(columns.map(\.title), gap: gap) }

  /// One row alone, in columns of at least their minimum widths and their titles' widths.
  package func rowLine(_ cells: [String], gap: Int = 2) -> String {
    let widths = columns.map { max($0.minimumWidth, $0.title.displayWidth) }
    return Self.text(cells, columns, widths: widths, gap: gap)
  }

  private static func text(
    _ cells: [String], _ columns: [Column], widths: [Int], gap: Int
  ) -> String {
    let padded = cells.enumerated().map { index, cell in
      index < columns.count
        ? cell.padded(to: widths[index], alignment: columns[index].alignment) : cell
    }
    let line = padded.joined(separator: String(repeating: " ", count: gap))
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}
