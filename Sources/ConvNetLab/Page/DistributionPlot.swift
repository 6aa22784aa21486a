internal import ConvNetExplain
internal import ConvNetFormats

/// How numbers are distributed at several moments: a column for each moment, darker where more are.
package struct DistributionPlot: Plot {
  package let title: Bilingual
  package let note: Bilingual
  let xLabel: Bilingual
  let yLabel: Bilingual
  /// The moments' names.
  let moments: [String]
  /// The values that the cells of a column reach from and to.
  let low: Double
  let high: Double
  /// For each moment the share of numbers in each cell, the lowest cell first.
  let shares: [[Double]]
  /// For each moment the mean and the standard deviation.
  let statistics: [(mean: Double, deviation: Double)]

  package var svg: String {
    let (left, right, top, bottom) = (54.0, Drawing.width - 12, 26.0, 252.0)
    let cells = shares.first?.count ?? 0
    let most = shares.flatMap { $0 }.max() ?? 1
    var indices = [UInt8](repeating: 0, count: max(1, shares.count * cells))
    for (moment, column) in shares.enumerated() {
      for (cell, share) in column.enumerated() {
        // A root shows the thin ends too.
        indices[(cells - 1 - cell) * shares.count + moment] = Palette.index(
          Float((share / max(most, 1e-12)).squareRoot()), low: 0, high: 1)
      }
    }
    let png = IndexedPNG.bytes(
      width: max(1, shares.count), height: max(1, cells), indices: indices,
      palette: Palette.positive)
    var parts = [
      "<image class=\"cells\" x=\"\(Drawing.number(left))\" y=\"\(Drawing.number(top))\" "
        + "width=\"\(Drawing.number(right - left))\" height=\"\(Drawing.number(bottom - top))\" "
        + "preserveAspectRatio=\"none\" href=\"\(LabMarkup.address(png))\"/>"
    ]
    let y = Axis([low, high], from: bottom, to: top, room: 0)
    for tick in y.ticks(5) {
      parts.append(Drawing.line(left - 4, y.place(tick), left, y.place(tick), "axis"))
      parts.append(
        Drawing.text(
          left - 7, y.place(tick) + 4, Bilingual(same: LabFormat.significant(3).text(tick)),
          "tick", anchor: "end"))
    }
    let width = (right - left) / Double(max(1, shares.count))
    for (index, name) in moments.enumerated() {
      let x = left + (Double(index) + 0.5) * width
      parts.append(Drawing.text(x, bottom + 20, Bilingual(same: name), "tick", anchor: "middle"))
      guard statistics.indices.contains(index) else { continue }
      let (mean, deviation) = statistics[index]
      parts.append(
        Drawing.line(x, y.place(mean - deviation), x, y.place(mean + deviation), "whisker"))
      parts.append(
        Drawing.line(
          x - width * 0.25, y.place(mean), x + width * 0.25, y.place(mean), "whisker"))
    }
    parts.append(Drawing.text(right, bottom + 40, xLabel, "label", anchor: "end"))
    parts.append(Drawing.text(left - 46, 13, yLabel, "label"))
    return Drawing.svg(height: 300, label: title, parts)
  }

  package var table: LabTable {
    LabTable(
      title,
      [xLabel, Bilingual("mean", "均值"), Bilingual("standard deviation", "标准差")],
      rows: zip(moments, statistics).map { name, values in
        [
          .name(name), .number(values.mean, .significant(3)),
          .number(values.deviation, .significant(3)),
        ]
      })
  }
}
