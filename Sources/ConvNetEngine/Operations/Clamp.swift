/// Limits that a fused kernel puts on its results: a ReLU is 0...infinity.
struct Clamp: Hashable, Sendable, Codable {
  var low: Float
  var high: Float

  static let none = Clamp(low: -.infinity, high: .infinity)
  static let relu = Clamp(low: 0, high: .infinity)

  /// The number within the limits; NaN stays NaN.
  func callAsFunction<Scalar: BinaryFloatingPoint>(_ x: Scalar) -> Scalar {
    if x < Scalar(low) { return Scalar(low) }
    return x > Scalar(high) ? Scalar(high) : x
  }
}
