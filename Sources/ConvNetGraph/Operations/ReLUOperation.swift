/// The rectified linear unit, max(0, x): keeps what answers, drops the rest.
///
/// NaN stays NaN, as in PyTorch. The derivative at 0 is 0. Source: Nair and Hinton (2010).
public struct ReLUOperation: ActivationOperation {
  /// The field's name.
  public static let name = "ReLU"
  /// y > 0 exactly where x > 0.
  public static let derivativeUsesOutput = true

  /// A rectified linear unit.
  public init() {}

  /// max(0, x).
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar { x < 0 ? 0 : x }

  /// 1 where the output is positive, else 0.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar { point > 0 ? 1 : 0 }
}
