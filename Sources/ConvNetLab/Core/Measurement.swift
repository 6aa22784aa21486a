internal import ConvNetText

/// One quantity, measured once per seed: the values, in the order of the seeds.
package struct Measurement: Hashable, Sendable {
  /// One value per seed.
  package var values: [Double]

  /// A quantity from its values.
  package init(_ values: [Double]) { self.values = values }

  /// The mean; 0 where there is no value.
  package var mean: Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  /// The standard deviation between seeds (divided by their number less one); 0 for a single seed.
  package var spread: Double {
    guard values.count > 1 else { return 0 }
    let mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }

  /// The smallest value; 0 where there is none.
  package var lowest: Double { values.min() ?? 0 }
  /// The largest value; 0 where there is none.
  package var highest: Double { values.max() ?? 0 }

  /// The values less those of another quantity, seed by seed.
  package static func - (left: Measurement, right: Measurement) -> Measurement {
    Measurement(zip(left.values, right.values).map { $0 - $1 })
  }

  /// The values divided by those of another quantity, seed by seed.
  package static func / (left: Measurement, right: Measurement) -> Measurement {
    Measurement(zip(left.values, right.values).map { $1 == 0 ? 0 : $0 / $1 })
  }

  /// Whether the mean lies so far above zero that chance between seeds does not explain it.
  ///
  /// It must be at least `margin`, and with several seeds at least t standard errors, where t is the
  /// one-sided 95 % point of Student's distribution for so many values: 6.31 for two seeds, 2.92 for
  /// three, 2.13 for five. A single seed shows no chance, so only the margin counts.
  package func isClearlyPositive(margin: Double) -> Bool {
    guard mean >= margin, mean > 0 else { return false }
    guard values.count > 1 else { return true }
    return mean >= Measurement.student(values.count - 1) * spread
      / Double(values.count).squareRoot()
  }

  /// The one-sided 95 % points of Student's distribution.
  private static func student(_ freedom: Int) -> Double {
    let points = [6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833]
    return freedom <= points.count ? points[max(0, freedom - 1)] : 1.833
  }
}

/// How a number is written.
package enum LabFormat: Hashable, Sendable {
  /// A share of 1 in percent: 0.853 is `85.3%`.
  case percent
  /// A difference of shares in percentage points: 0.0123 is `+1.23`.
  case points
  /// So many decimals.
  case decimals(Int)
  /// So many significant digits.
  case significant(Int)
  /// A whole number with commas.
  case whole
  /// Seconds.
  case seconds

  /// The number alone.
  package func text(_ value: Double) -> String {
    let text =
      switch self {
      case .percent: NumberFormat.percent(value)
      case .points: (value > 0 ? "+" : "") + NumberFormat.fixed(value * 100, decimals: 2)
      case .decimals(let count): NumberFormat.fixed(value, decimals: count)
      case .significant(let count): NumberFormat.significant(value, digits: count)
      case .whole: NumberFormat.grouped(value)
      case .seconds: NumberFormat.fixed(value, decimals: 2) + " s"
      }
    return text.replacingText("-", with: "−")
  }

  /// Mean and spread: `85.3 ± 0.4%`; the mean alone where all values are equal.
  package func text(_ measurement: Measurement) -> String {
    guard measurement.values.count > 1, measurement.spread > 0 else {
      return text(measurement.mean)
    }
    switch self {
    case .percent:
      return NumberFormat.fixed(measurement.mean * 100, decimals: 1) + " ± "
        + NumberFormat.percent(measurement.spread)
    case .points:
      return text(measurement.mean) + " ± "
        + NumberFormat.fixed(measurement.spread * 100, decimals: 2)
    case .seconds:
      return NumberFormat.fixed(measurement.mean, decimals: 2) + " ± " + text(measurement.spread)
    case .decimals, .significant, .whole:
      return text(measurement.mean) + " ± " + text(measurement.spread)
    }
  }
}
