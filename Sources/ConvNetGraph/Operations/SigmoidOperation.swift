/// The logistic function 1 / (1 + e^-x): any number to 0...1.
///
/// Saturated on both sides, where its derivative vanishes.
public struct SigmoidOperation: ActivationOperation {
  /// The field's name.
  public static let name = "Sigmoid"
  /// The derivative is y (1 - y).
  public static let derivativeUsesOutput = true

  /// A logistic function.
  public init() {}

  /// 1 / (1 + e^-x).
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar { sigmoid(x) }

  /// y (1 - y).
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar {
    point * (1 - point)
  }
}

/// 1 / (1 + e^-x) without overflow: only exponentials of negative numbers are taken.
func sigmoid<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar {
  let small = Scalar.exp(-x.magnitude)
  return x < 0 ? small / (1 + small) : 1 / (1 + small)
}
