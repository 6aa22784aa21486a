public import ConvNetGraph

/// How the learning rate goes over a training, with a linear warm-up before it.
///
/// The rate depends on the step's number only, so a resumed training goes on with the same rates.
public struct LearningRateSchedule: Hashable, Sendable {
  /// The form of the curve after the warm-up.
  public enum Curve: Hashable, Sendable {
    /// The same rate throughout.
    case constant
    /// The rate times `gamma` after every `epochs` epochs: PyTorch's `StepLR`.
    case step(epochs: Double, gamma: Double = 0.1)
    /// Half a cosine from the rate down to `minimum`: PyTorch's `CosineAnnealingLR`.
    ///
    /// Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017).
    case cosine(minimum: Double = 0)
    /// Up from rate/`initialDivisor` during the first part `rise` of the steps, then down to
    /// rate/(`initialDivisor` `finalDivisor`), both as half a cosine: PyTorch's `OneCycleLR`, whose
    /// momentum is not changed here.
    ///
    /// Source: Smith and Topin, "Super-convergence" (2018).
    case oneCycle(rise: Double = 0.3, initialDivisor: Double = 25, finalDivisor: Double = 1e4)
  }

  /// The form of the curve after the warm-up.
  public var curve: Curve
  /// The epochs during which the rate rises evenly from near 0 to the curve's first value.
  public var warmupEpochs: Double

  /// A curve with a warm-up before it.
  public init(_ curve: Curve, warmupEpochs: Double = 0) {
    self.curve = curve
    self.warmupEpochs = warmupEpochs
  }

  /// The same rate throughout.
  public static let constant = LearningRateSchedule(.constant)
  /// Half a cosine down to zero.
  public static let cosine = LearningRateSchedule(.cosine())
  /// Up and down once.
  public static let oneCycle = LearningRateSchedule(.oneCycle())

  /// The rate of a step.
  ///
  /// - Parameters:
  ///   - step: counts from 0.
  ///   - stepsPerEpoch: the steps of one epoch.
  ///   - totalSteps: the steps of the whole training.
  ///   - peak: the rate that the curve is drawn for: its highest value.
  public func learningRate(
    step: Int, stepsPerEpoch: Int, totalSteps: Int, peak: Double
  ) -> Double {
    let perEpoch = Double(max(1, stepsPerEpoch))
    let warmup = (warmupEpochs * perEpoch).rounded()
    let position = Double(max(0, step))
    let total = max(1, Double(totalSteps) - warmup)
    if position < warmup {
      return rate(at: 0, perEpoch, total, peak) * (position + 1) / (warmup + 1)
    }
    return rate(at: position - warmup, perEpoch, total, peak)
  }

  /// The curve's value at a step that is counted from the end of the warm-up.
  private func rate(
    at position: Double, _ stepsPerEpoch: Double, _ total: Double, _ peak: Double
  ) -> Double {
    switch curve {
    case .constant:
      return peak
    case .step(let epochs, let gamma):
      return peak * Double.pow(gamma, (position / max(1, epochs * stepsPerEpoch)).rounded(.down))
    case .cosine(let minimum):
      return LearningRateSchedule.halfCosine(peak, minimum, min(1, position / total))
    case .oneCycle(let rise, let initialDivisor, let finalDivisor):
      let (start, end) = (peak / initialDivisor, peak / initialDivisor / finalDivisor)
      let top = max(0, rise * total - 1)
      if position <= top, top > 0 {
        return LearningRateSchedule.halfCosine(start, peak, position / top)
      }
      return LearningRateSchedule.halfCosine(
        peak, end, min(1, (position - top) / max(1, total - 1 - top)))
    }
  }

  /// From `start` at 0 to `end` at 1.
  private static func halfCosine(_ start: Double, _ end: Double, _ share: Double) -> Double {
    end + (start - end) / 2 * (1 + Double.cos(.pi * share))
  }

  /// Checks the settings' ranges.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` naming the setting and its range.
  public func validate() throws(ConvNetError) {
    func check(
      _ what: String, _ value: Double, _ range: String, _ isIn: (Double) -> Bool
    ) throws(ConvNetError) {
      guard value.isFinite, isIn(value) else {
        throw ConvNetError(
          .invalidArgument, "schedule: \(what) \(value) is not possible",
          reason: "it must be \(range)")
      }
    }
    try check("warm-up", warmupEpochs, "at least 0 epochs") { $0 >= 0 }
    switch curve {
    case .constant: break
    case .step(let epochs, let gamma):
      try check("step of epochs", epochs, "above 0") { $0 > 0 }
      try check("gamma", gamma, "above 0, at most 1") { $0 > 0 && $0 <= 1 }
    case .cosine(let minimum):
      try check("minimum", minimum, "at least 0") { $0 >= 0 }
    case .oneCycle(let rise, let initialDivisor, let finalDivisor):
      try check("rise", rise, "in 0...1") { $0 >= 0 && $0 <= 1 }
      try check("initial divisor", initialDivisor, "above 0") { $0 > 0 }
      try check("final divisor", finalDivisor, "above 0") { $0 > 0 }
    }
  }
}
