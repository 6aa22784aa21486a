/// One step of an optimiser's rule with all its numbers: what is done to each parameter's elements.
///
/// Every element is updated from its own gradient and its own moments alone, so a parameter may be cut
/// anywhere without changing a bit. Formulas: PyTorch's `torch.optim`.
public enum OptimizerKernel: Hashable, Sendable {
  /// v = momentum v + gradientShare g; p -= rate v (or rate (g + momentum v) with Nesterov's look
  /// ahead); without momentum p -= rate g.
  case sgd(
    rate: Float, momentum: Float, gradientShare: Float, nesterov: Bool, weightDecay: Float)
  /// m += (1 - beta1)(g - m); v = beta2 v + (1 - beta2) g²; p -= rate m / (sqrt(v)/rootCorrection +
  /// epsilon). `rate` includes the correction of m's bias; `keep` is what decoupled weight decay
  /// leaves of p (1 for Adam, 1 - rate decay for AdamW).
  case adam(
    rate: Float, oneMinusBeta1: Float, beta2: Float, oneMinusBeta2: Float, rootCorrection: Float,
    epsilon: Float, weightDecay: Float, keep: Float)
  /// s = alpha s + (1 - alpha) g²; p -= rate g / (sqrt(s) + epsilon), with momentum and, where
  /// `isCentered`, the squared mean gradient taken from s.
  case rmsprop(
    rate: Float, alpha: Float, oneMinusAlpha: Float, epsilon: Float, weightDecay: Float,
    momentum: Float, isCentered: Bool)

  /// What one call works on: equally long rows of a parameter, its gradient and its moments.
  public struct Piece {
    /// The parameter's elements, which are changed.
    public var parameter: UnsafeMutablePointer<Float>
    /// The loss's gradient.
    public var gradient: UnsafePointer<Float>
    /// The rule's memory, nil where it has none, which are changed.
    public var moments:
      (
        UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?
      )
    /// The number of elements.
    public var count: Int

    /// A piece of a parameter.
    public init(
      parameter: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
      moments: (
        UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?
      ), count: Int
    ) {
      self.parameter = parameter
      self.gradient = gradient
      self.moments = moments
      self.count = count
    }
  }

  /// Updates a piece; the gradient counts `gradientScale` times (clipping).
  public func update(_ piece: Piece, gradientScale: Float) {
    let (p, g, count) = (piece.parameter, piece.gradient, piece.count)
    switch self {
    case .sgd(let rate, let momentum, let gradientShare, let nesterov, let weightDecay):
      guard let velocity = piece.moments.0, momentum != 0 else {
        for i in 0..<count { p[i] -= rate * (gradientScale * g[i] + weightDecay * p[i]) }
        return
      }
      for i in 0..<count {
        let gradient = gradientScale * g[i] + weightDecay * p[i]
        let v = momentum * velocity[i] + gradientShare * gradient
        velocity[i] = v
        p[i] -= rate * (nesterov ? gradient + momentum * v : v)
      }
    case .adam(
      let rate, let oneMinusBeta1, let beta2, let oneMinusBeta2, let rootCorrection, let epsilon,
      let weightDecay, let keep):
      guard let mean = piece.moments.0, let square = piece.moments.1 else { return }
      for i in 0..<count {
        let parameter = p[i] * keep
        let gradient = gradientScale * g[i] + weightDecay * parameter
        let m = mean[i] + oneMinusBeta1 * (gradient - mean[i])
        let v = beta2 * square[i] + oneMinusBeta2 * gradient * gradient
        mean[i] = m
        square[i] = v
        p[i] = parameter - rate * m / (v.squareRoot() / rootCorrection + epsilon)
      }
    case .rmsprop(
      let rate, let alpha, let oneMinusAlpha, let epsilon, let weightDecay, let momentum,
      let isCentered):
      guard let square = piece.moments.0 else { return }
      let mean = isCentered ? piece.moments.1 : nil
      let velocity = isCentered ? piece.moments.2 : piece.moments.1
      for i in 0..<count {
        let gradient = gradientScale * g[i] + weightDecay * p[i]
        let s = alpha * square[i] + oneMinusAlpha * gradient * gradient
        square[i] = s
        var spread = s
        if let mean {
          mean[i] += oneMinusAlpha * (gradient - mean[i])
          spread -= mean[i] * mean[i]
        }
        var change = gradient / (spread.squareRoot() + epsilon)
        if momentum != 0, let velocity {
          velocity[i] = momentum * velocity[i] + change
          change = velocity[i]
        }
        p[i] -= rate * change
      }
    }
  }

  /// The sum of squares of a gradient's piece, added in a fixed order.
  public static func sumOfSquares(_ gradient: UnsafePointer<Float>, count: Int) -> Double {
    // Sixteen running sums: they fit vector registers, and their order is the same everywhere.
    var total = 0.0
    let whole = count / 16 * 16
    for block in stride(from: 0, to: whole, by: 4_096) {
      var sums = SIMD16<Float>()
      for start in stride(from: block, to: min(block + 4_096, whole), by: 16) {
        let part = UnsafeRawPointer(gradient + start).loadUnaligned(as: SIMD16<Float>.self)
        sums += part * part
      }
      total += Double(sums.sum())
    }
    for index in whole..<count { total += Double(gradient[index]) * Double(gradient[index]) }
    return total
  }
}
