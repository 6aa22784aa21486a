/// A power with a fixed exponent: x^e.
public struct PowOperation: ActivationOperation {
  /// The field's name.
  public static let name = "Pow"
  /// The derivative is e x^(e-1).
  public static let derivativeUsesOutput = false
  /// The exponent.
  public var exponent: Float

  /// A power with this exponent.
  public init(exponent: Float) {
    self.exponent = exponent
  }

  /// `^2.0`.
  public var details: String { "^\(exponent)" }

  /// x^e.
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar {
    Scalar.pow(x, Scalar(exponent))
  }

  /// e x^(e-1).
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar {
    Scalar(exponent) * Scalar.pow(point, Scalar(exponent) - 1)
  }
}
