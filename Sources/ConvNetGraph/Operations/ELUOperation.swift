/// The exponential linear unit: x where it is positive, alpha (e^x - 1) elsewhere.
///
/// Source: Clevert et al., "Fast and accurate deep network learning by exponential linear units"
/// (2015).
public struct ELUOperation: ActivationOperation {
  /// The field's name.
  public static let name = "ELU"
  /// y does not tell the side where alpha is negative.
  public static let derivativeUsesOutput = false
  /// Minus the limit far to the left.
  public var alpha: Float

  /// An exponential linear unit.
  public init(alpha: Float = 1) {
    self.alpha = alpha
  }

  /// `alpha 1.0`.
  public var details: String { "alpha \(alpha)" }

  /// x, or alpha (e^x - 1).
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar {
    x > 0 ? x : Scalar(alpha) * (Scalar.exp(x) - 1)
  }

  /// 1, or alpha e^x.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar {
    point > 0 ? 1 : Scalar(alpha) * Scalar.exp(point)
  }
}
