/// The magnitude |x|.
public struct AbsOperation: ActivationOperation {
  /// The field's name.
  public static let name = "Abs"
  /// y has lost the sign.
  public static let derivativeUsesOutput = false

  /// A magnitude.
  public init() {}

  /// |x|.
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar { x.magnitude }

  /// The sign of x; 0 at 0.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar {
    point > 0 ? 1 : point < 0 ? -1 : 0
  }
}
