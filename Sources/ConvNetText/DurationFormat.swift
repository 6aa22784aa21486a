/// Lengths of time as people read them.
package enum DurationFormat {
  /// A measured time in the unit that suits it: `12 µs`, `45 ms`, `1.23 s`, `2 min 5 s`, `1 h 2 min`.
  package static func spoken(seconds: Double) -> String {
    guard seconds.isFinite else { return NumberFormat.fixed(seconds, decimals: 0) }
    let size = abs(seconds)
    if size < 0.9995e-6 { return threeDigits(seconds * 1e9) + " ns" }
    if size < 0.9995e-3 { return threeDigits(seconds * 1e6) + " µs" }
    if size < 0.9995 { return threeDigits(seconds * 1e3) + " ms" }
    if size < 59.95 { return threeDigits(seconds) + " s" }
    let whole = wholeSeconds(size)
    let sign = seconds < 0 ? "-" : ""
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    if hours > 0 { return sign + "\(NumberFormat.grouped(hours)) h \(minutes) min" }
    return sign + "\(minutes) min \(rest) s"
  }

  /// A time as a clock shows it: `0:31`, `12:05`, `1:02:03`. A negative time is shown as zero.
  package static func clock(seconds: Double) -> String {
    guard seconds.isFinite else { return "-:--" }
    let whole = wholeSeconds(max(0, seconds))
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    return hours > 0
      ? "\(hours):\(twoDigits(minutes)):\(twoDigits(rest))" : "\(minutes):\(twoDigits(rest))"
  }

  /// Rounded to a whole number, for any finite size: a century is the largest that is told apart.
  private static func wholeSeconds(_ seconds: Double) -> Int {
    Int(min(seconds, 3_155_760_000).rounded())
  }

  private static func threeDigits(_ value: Double) -> String {
    let size = abs(value)
    return NumberFormat.fixed(value, decimals: size < 9.995 ? 2 : size < 99.95 ? 1 : 0)
  }

  private static func twoDigits(_ value: Int) -> String {
    value < 10 ? "0\(value)" : "\(value)"
  }
}
