/// The hyperbolic tangent: any number to -1...1, with 0 in the middle.
public struct TanhOperation: ActivationOperation {
  /// The field's name.
  public static let name = "Tanh"
  /// The derivative is 1 - y^2.
  public static let derivativeUsesOutput = true

  /// A hyperbolic tangent.
  public init() {}

  /// tanh(x).
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar { Scalar.tanh(x) }

  /// 1 - y^2.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar { 1 - point * point }
}
