/// The error function: what exporters write GELU with.
public struct ErfOperation: ActivationOperation {
  /// The field's name.
  public static let name = "Erf"
  /// The derivative is a function of x.
  public static let derivativeUsesOutput = false

  /// An error function.
  public init() {}

  /// erf(x).
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar { Scalar.erf(x) }

  /// 2/sqrt(pi) e^(-x^2).
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar {
    2 / Scalar.pi.squareRoot() * Scalar.exp(-point * point)
  }
}
