/// The seconds since it was made, and those before.
struct Stopwatch {
  private let start = ContinuousClock.now
  private let before: Double

  init(after seconds: Double = 0) { before = seconds }

  var seconds: Double {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return before + Double(seconds) + Double(attoseconds) * 1e-18
  }
}
