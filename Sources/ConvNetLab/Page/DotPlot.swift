/// One row for each thing that is compared: a dot for each seed, a stroke for the mean.
package struct DotPlot: Plot {
  package let title: Bilingual
  package let note: Bilingual
  let label: Bilingual
  let rows: [(name: Bilingual, value: Measurement)]
  var format = LabFormat.percent
  var includesZero = false
  var isLogarithmic = false

  package var svg: String {
    let (left, right, top, rowHeight) = (14.0, Drawing.width - 14, 6.0, 46.0)
    let bottom = top + rowHeight * Double(rows.count)
    let axis = Axis(
      rows.flatMap(\.value.values), from: left + 6, to: right - 6, isLogarithmic: isLogarithmic,
      includesZero: includesZero)
    var parts: [String] = []
    for tick in axis.ticks(5) {
      let x = axis.place(tick)
      parts.append(Drawing.line(x, top, x, bottom, "grid"))
      parts.append(
        Drawing.text(
          x, bottom + 18, Bilingual(same: tickText(tick)), "tick",
          anchor: x < left + 24 ? "start" : x > right - 24 ? "end" : "middle"))
    }
    parts.append(Drawing.line(left, bottom, right, bottom, "axis"))
    parts.append(Drawing.text(right, bottom + 38, label, "label", anchor: "end"))
    for (index, row) in rows.enumerated() {
      let y = top + rowHeight * Double(index)
      parts.append(Drawing.text(left, y + 16, row.name, "name"))
      parts.append(
        Drawing.text(
          right, y + 16, Bilingual(same: format.text(row.value)), "value", anchor: "end"))
      let middle = y + 32
      parts.append(Drawing.line(left, middle, right, middle, "rail"))
      for value in row.value.values {
        parts.append(
          "<circle class=\"dot\" cx=\"\(Drawing.number(axis.place(value)))\" "
            + "cy=\"\(Drawing.number(middle))\" r=\"5\"/>")
      }
      let mean = axis.place(row.value.mean)
      parts.append(Drawing.line(mean, middle - 9, mean, middle + 9, "mean"))
    }
    return Drawing.svg(height: bottom + 46, label: title, parts)
  }

  private func tickText(_ value: Double) -> String {
    if case .percent = format {
      let percent = (value * 1000).rounded() / 10
      return (percent == percent.rounded() ? "\(Int(percent))" : "\(percent)") + "%"
    }
    if case .whole = format { return format.text(value) }
    return LabFormat.significant(4).text(value)
  }

  package var table: LabTable {
    let most = rows.map(\.value.values.count).max() ?? 0
    return LabTable(
      title,
      [Bilingual(same: ""), label]
        + (most > 1 ? (0..<most).map { Bilingual("seed \($0)", "种子 \($0)") } : []),
      rows: rows.map { row in
        [.text(row.name), .measured(row.value, format)]
          + (most > 1 ? row.value.values.map { .number($0, format) } : [])
      })
  }
}
