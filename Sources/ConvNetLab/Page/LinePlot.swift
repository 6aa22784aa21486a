/// Curves: a mean with the range between seeds around it, one for each series.
package struct LinePlot: Plot {
  /// One curve.
  package struct Series: Sendable {
    /// What it is.
    let name: Bilingual
    /// Its points from left to right.
    let points: [(x: Double, y: Measurement)]

    /// A curve through points.
    init(_ name: Bilingual, _ points: [(x: Double, y: Measurement)]) {
      self.name = name
      self.points = points
    }
  }

  package let title: Bilingual
  package let note: Bilingual
  let xLabel: Bilingual
  let yLabel: Bilingual
  let series: [Series]
  var xFormat = LabFormat.significant(4)
  var yFormat = LabFormat.percent
  var isXLogarithmic = false
  var isYLogarithmic = false
  /// Whether every x has a tick of its own, as few whole numbers deserve.
  var ticksAtPoints = false

  package var legend: [Bilingual] { series.count > 1 ? series.map(\.name) : [] }

  package var svg: String {
    let (left, right, top, bottom) = (54.0, Drawing.width - 12, 26.0, 252.0)
    let xs = series.flatMap { $0.points.map(\.x) }
    let ys = series.flatMap { $0.points.flatMap { [$0.y.lowest, $0.y.highest] } }
    let x = Axis(xs, from: left, to: right, isLogarithmic: isXLogarithmic, room: 0.03)
    let y = Axis(ys, from: bottom, to: top, isLogarithmic: isYLogarithmic)
    var parts: [String] = []
    for tick in y.ticks(5) {
      parts.append(Drawing.line(left, y.place(tick), right, y.place(tick), "grid"))
      parts.append(
        Drawing.text(
          left - 7, y.place(tick) + 4, Bilingual(same: axisText(tick, yFormat)), "tick",
          anchor: "end"))
    }
    let xTicks = ticksAtPoints ? Array(Set(xs)).sorted() : x.ticks(6)
    for tick in xTicks {
      parts.append(Drawing.line(x.place(tick), bottom, x.place(tick), bottom + 5, "axis"))
      parts.append(
        Drawing.text(
          x.place(tick), bottom + 20, Bilingual(same: axisText(tick, xFormat)), "tick",
          anchor: "middle"))
    }
    parts.append(Drawing.line(left, bottom, right, bottom, "axis"))
    parts.append(Drawing.text(right, bottom + 40, xLabel, "label", anchor: "end"))
    parts.append(Drawing.text(left - 46, 13, yLabel, "label"))
    for (index, curve) in series.enumerated() {
      let kind = "k\(index % 6)"
      if curve.points.contains(where: { $0.y.values.count > 1 }) {
        let upper = curve.points.map { (x: x.place($0.x), y: y.place($0.y.highest)) }
        let lower = curve.points.reversed().map { (x: x.place($0.x), y: y.place($0.y.lowest)) }
        parts.append(Drawing.path(upper + lower, "band \(kind)", isClosed: true))
      }
      let means = curve.points.map { (x: x.place($0.x), y: y.place($0.y.mean)) }
      parts.append(Drawing.path(means, "curve \(kind)"))
      let step = max(1, means.count / 12)
      for (position, point) in means.enumerated() where position % step == 0 {
        parts.append(Drawing.mark(point.x, point.y, series: index))
      }
    }
    return Drawing.svg(height: 300, label: title, parts)
  }

  /// Ticks are round already, so they need no more digits than they have.
  private func axisText(_ value: Double, _ format: LabFormat) -> String {
    if case .percent = format {
      let percent = (value * 1000).rounded() / 10
      return (percent == percent.rounded() ? "\(Int(percent))" : "\(percent)") + "%"
    }
    if case .whole = format {
      // Beside an axis there is room for five digits or so.
      if value >= 1_000_000 { return LabFormat.significant(3).text(value / 1_000_000) + "M" }
      if value >= 10_000 { return LabFormat.significant(3).text(value / 1000) + "k" }
      return format.text(value)
    }
    return LabFormat.significant(4).text(value)
  }

  package var table: LabTable {
    let xs = Array(Set(series.flatMap { $0.points.map(\.x) })).sorted()
    return LabTable(
      title, [xLabel] + series.map(\.name),
      rows: xs.map { x in
        [.number(x, xFormat)]
          + series.map { curve in
            curve.points.first { $0.x == x }.map { .measured($0.y, yFormat) } ?? .name("–")
          }
      })
  }
}
