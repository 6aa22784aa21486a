/// The square root.
public struct SqrtOperation: ActivationOperation {
  /// The field's name.
  public static let name = "Sqrt"
  /// The derivative is 1/(2y).
  public static let derivativeUsesOutput = true

  /// A square root.
  public init() {}

  /// The square root.
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar { x.squareRoot() }

  /// 1/(2y).
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar { 1 / (2 * point) }
}
