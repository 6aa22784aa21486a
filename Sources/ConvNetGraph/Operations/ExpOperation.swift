/// The exponential function e^x.
public struct ExpOperation: ActivationOperation {
  /// The field's name.
  public static let name = "Exp"
  /// The derivative is y.
  public static let derivativeUsesOutput = true

  /// An exponential.
  public init() {}

  /// e^x.
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar { Scalar.exp(x) }

  /// y.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar { point }
}
