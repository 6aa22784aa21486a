/// The natural logarithm.
public struct LogOperation: ActivationOperation {
  /// The field's name.
  public static let name = "Log"
  /// The derivative is 1/x.
  public static let derivativeUsesOutput = false

  /// A natural logarithm.
  public init() {}

  /// ln x.
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar { Scalar.log(x) }

  /// 1/x.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar { 1 / point }
}
