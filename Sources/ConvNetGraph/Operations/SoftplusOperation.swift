/// A smooth ReLU: ln(1 + e^(beta x)) / beta, and x itself above a threshold.
///
/// Source: PyTorch's `Softplus` page.
public struct SoftplusOperation: ActivationOperation {
  /// The field's name.
  public static let name = "Softplus"
  /// x is cheaper to turn into the derivative.
  public static let derivativeUsesOutput = false
  /// How sharp the bend is.
  public var beta: Float
  /// The value of beta x from which on the function is x.
  public var threshold: Float

  /// A smooth ReLU.
  public init(beta: Float = 1, threshold: Float = 20) {
    self.beta = beta
    self.threshold = threshold
  }

  /// `beta 1.0`.
  public var details: String { "beta \(beta)" }

  /// beta is not 0.
  public func checkAttributes() throws(ConvNetError) {
    guard beta != 0, beta.isFinite else {
      throw ConvNetError(.invalidNetwork, "\(Self.name) cannot divide by a beta of \(beta)")
    }
  }

  /// ln(1 + e^(beta x)) / beta.
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar {
    let scaled = x * Scalar(beta)
    guard scaled <= Scalar(threshold) else { return x }
    return (max(scaled, 0) + Scalar.log1p(Scalar.exp(-scaled.magnitude))) / Scalar(beta)
  }

  /// The sigmoid of beta x.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar {
    let scaled = point * Scalar(beta)
    return scaled <= Scalar(threshold) ? sigmoid(scaled) : 1
  }
}
