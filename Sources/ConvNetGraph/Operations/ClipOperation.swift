/// A number kept inside a range: min(max(x, minimum), maximum).
///
/// With 0 and 6 it is ReLU6, with -1 and 1 Hardtanh. As in those layers of PyTorch the derivative at
/// both ends is 0. A missing end is the largest finite number, as in ONNX; NaN stays NaN.
public struct ClipOperation: ActivationOperation {
  /// The field's name.
  public static let name = "Clip"
  /// y is strictly inside the range exactly where x is.
  public static let derivativeUsesOutput = true
  /// The smallest result.
  public var minimum: Float
  /// The largest result.
  public var maximum: Float

  /// A clip to `minimum...maximum`.
  public init(
    minimum: Float = -Float.greatestFiniteMagnitude, maximum: Float = Float.greatestFiniteMagnitude
  ) {
    self.minimum = minimum
    self.maximum = maximum
  }

  /// `0.0...6.0`.
  public var details: String { "\(minimum)...\(maximum)" }

  /// The minimum is not above the maximum.
  public func checkAttributes() throws(ConvNetError) {
    guard minimum <= maximum else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot keep numbers in \(minimum)...\(maximum)",
        reason: "the minimum must not be above the maximum")
    }
  }

  /// The nearest number of the range.
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar {
    x < Scalar(minimum) ? Scalar(minimum) : x > Scalar(maximum) ? Scalar(maximum) : x
  }

  /// 1 inside the range, else 0.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar {
    point > Scalar(minimum) && point < Scalar(maximum) ? 1 : 0
  }
}
