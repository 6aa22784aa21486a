/// A drawing of numbers that a page can show: SVG for the eye, a table for whoever wants the numbers.
package protocol Plot: Sendable {
  /// What is drawn.
  var title: Bilingual { get }
  /// What to see in it.
  var note: Bilingual { get }
  /// The drawing, for the width of a phone or half a desk.
  var svg: String { get }
  /// The names of what is told apart by colour and mark, in order; none where nothing is.
  var legend: [Bilingual] { get }
  /// The numbers that are drawn.
  var table: LabTable { get }
}

extension Plot {
  package var legend: [Bilingual] { [] }
}

/// The pieces that all drawings are made of.
enum Drawing {
  static let width = 460.0

  /// The drawing of a size with what is in it.
  static func svg(height: Double, label: Bilingual, _ parts: [String]) -> String {
    "<svg viewBox=\"0 0 \(number(width)) \(number(height))\" role=\"img\" "
      + "aria-label=\"\(LabMarkup.attribute(label))\">\(parts.joined())</svg>"
  }

  /// A coordinate with a decimal at most.
  static func number(_ value: Double) -> String {
    let rounded = (value * 10).rounded() / 10
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }

  static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ kind: String
  ) -> String {
    "<line class=\"\(kind)\" x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" "
      + "y2=\"\(number(y2))\"/>"
  }

  static func text(
    _ x: Double, _ y: Double, _ words: Bilingual, _ kind: String, anchor: String = "start"
  ) -> String {
    func element(_ text: String, _ language: String) -> String {
      "<text class=\"\(kind)\" x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\""
        + "\(language)>\(LabMarkup.escaped(text))</text>"
    }
    if words.en == words.zh { return element(words.en, "") }
    return element(words.en, " lang=\"en\"") + element(words.zh, " lang=\"zh-Hans\"")
  }

  static func path(_ points: [(x: Double, y: Double)], _ kind: String, isClosed: Bool = false)
    -> String
  {
    guard !points.isEmpty else { return "" }
    let steps = points.map { "\(number($0.x)) \(number($0.y))" }.joined(separator: "L")
    return "<path class=\"\(kind)\" d=\"M\(steps)\(isClosed ? "Z" : "")\"/>"
  }

  /// The mark of the k-th series: colours alone do not tell series apart for everybody.
  static func mark(_ x: Double, _ y: Double, series: Int, size: Double = 4) -> String {
    let kind = "mark k\(series % 6)"
    switch series % 4 {
    case 0:
      return "<circle class=\"\(kind)\" cx=\"\(number(x))\" cy=\"\(number(y))\" "
        + "r=\"\(number(size))\"/>"
    case 1:
      return "<rect class=\"\(kind)\" x=\"\(number(x - size * 0.9))\" "
        + "y=\"\(number(y - size * 0.9))\" width=\"\(number(size * 1.8))\" "
        + "height=\"\(number(size * 1.8))\"/>"
    case 2:
      return path(
        [(x, y - size * 1.2), (x + size * 1.1, y + size), (x - size * 1.1, y + size)], kind,
        isClosed: true)
    default:
      return path(
        [(x, y - size * 1.3), (x + size * 1.3, y), (x, y + size * 1.3), (x - size * 1.3, y)],
        kind, isClosed: true)
    }
  }
}

/// One axis: where its numbers lie, and which are written beside it.
struct Axis {
  let low: Double
  let high: Double
  let isLogarithmic: Bool
  let from: Double
  let to: Double

  /// An axis that covers the numbers, from one coordinate to another.
  init(
    _ numbers: [Double], from: Double, to: Double, isLogarithmic: Bool = false,
    includesZero: Bool = false, room: Double = 0.06
  ) {
    let finite = numbers.filter { $0.isFinite && (!isLogarithmic || $0 > 0) }
    var low = finite.min() ?? (isLogarithmic ? 0.1 : 0)
    var high = finite.max() ?? 1
    if includesZero { (low, high) = (min(low, 0), max(high, 0)) }
    if isLogarithmic {
      (low, high) = (low / 1.25, high * 1.25)
    } else {
      let margin = high > low ? (high - low) * room : max(abs(high) * 0.1, 0.05)
      if !(includesZero && low == 0) { low -= margin }
      high += margin
    }
    self.low = low
    self.high = high
    self.isLogarithmic = isLogarithmic
    self.from = from
    self.to = to
  }

  /// The coordinate of a number; numbers outside lie at the end.
  func place(_ value: Double) -> Double {
    let share =
      isLogarithmic
      ? (Real.log(max(value, low)) - Real.log(low)) / (Real.log(high) - Real.log(low))
      : (value - low) / (high - low)
    return from + (to - from) * max(0, min(1, share.isFinite ? share : 0))
  }

  /// Round numbers to be written, about so many.
  func ticks(_ count: Int) -> [Double] {
    if isLogarithmic {
      var ticks: [Double] = []
      var decade = 1e-9
      while decade <= high {
        for factor in [1.0, 2, 5] where factor * decade >= low && factor * decade <= high {
          ticks.append(factor * decade)
        }
        decade *= 10
      }
      guard ticks.count > 2 * count else { return ticks }
      return ticks.enumerated().filter { $0.offset % 3 == 0 }.map(\.element)
    }
    let step = Axis.round((high - low) / Double(max(1, count)))
    var ticks: [Double] = []
    var index = (low / step).rounded(.up)
    while index * step <= high, ticks.count < 40 {
      // Minus zero would be written with its sign.
      ticks.append(index == 0 ? 0 : index * step)
      index += 1
    }
    return ticks
  }

  private static func round(_ value: Double) -> Double {
    var size = 1.0
    while size > value { size /= 10 }
    while size * 10 <= value { size *= 10 }
    let factor = value / size
    return size * (factor < 1.5 ? 1 : factor < 3.5 ? 2 : factor < 7.5 ? 5 : 10)
  }
}
