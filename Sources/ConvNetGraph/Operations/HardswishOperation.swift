/// x times its ``HardsigmoidOperation``: SiLU without an exponential.
///
/// Source: Howard et al., "Searching for MobileNetV3" (2019).
public struct HardswishOperation: ActivationOperation {
  /// The field's name.
  public static let name = "Hardswish"
  /// The function is not monotonic, so y does not tell x.
  public static let derivativeUsesOutput = false

  /// A Swish of straight lines.
  public init() {}

  /// x min(max(x + 3, 0), 6) / 6.
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar {
    x < -3 ? 0 : x > 3 ? x : x * (x + 3) / 6
  }

  /// 0, x/3 + 1/2, or 1.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar {
    point <= -3 ? 0 : point >= 3 ? 1 : point / 3 + 0.5
  }
}
