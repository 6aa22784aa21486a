/// The leaky rectified linear unit: x where it is positive, a small multiple of it elsewhere.
///
/// The slope keeps a gradient alive where a plain ``ReLUOperation`` has none. Source: Maas et al.,
/// "Rectifier nonlinearities improve neural network acoustic models" (2013).
public struct LeakyReLUOperation: ActivationOperation {
  /// The field's name.
  public static let name = "LeakyReLU"
  /// y does not tell the side where the slope is negative.
  public static let derivativeUsesOutput = false
  /// The factor of negative numbers.
  public var negativeSlope: Float

  /// A leaky unit with this slope.
  public init(negativeSlope: Float = 0.01) {
    self.negativeSlope = negativeSlope
  }

  /// `slope 0.01`.
  public var details: String { "slope \(negativeSlope)" }

  /// x, or x times the slope.
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar {
    x > 0 ? x : x * Scalar(negativeSlope)
  }

  /// 1 where x is positive, else the slope.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar {
    point > 0 ? 1 : Scalar(negativeSlope)
  }
}
