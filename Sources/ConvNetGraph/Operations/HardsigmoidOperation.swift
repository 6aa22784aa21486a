/// A sigmoid made of straight lines: min(max(x + 3, 0), 6) / 6.
///
/// Source: Howard et al., "Searching for MobileNetV3" (2019). ONNX's form with other slopes is a
/// ``ScaleOperation`` and a ``ClipOperation``.
public struct HardsigmoidOperation: ActivationOperation {
  /// The field's name.
  public static let name = "Hardsigmoid"
  /// y is strictly inside 0...1 exactly on the slope.
  public static let derivativeUsesOutput = true

  /// A sigmoid of straight lines.
  public init() {}

  /// min(max(x + 3, 0), 6) / 6.
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar {
    x < -3 ? 0 : x > 3 ? 1 : (x + 3) / 6
  }

  /// 1/6 on the slope, else 0.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar {
    point > 0 && point < 1 ? 1 / 6 : 0
  }
}
