/// The larger of two values, number by number: PyTorch's `torch.maximum`.
///
/// Where both are equal each gets half of the gradient, as in PyTorch.
public struct MaximumOperation: BinaryOperation {
  /// The field's name.
  public static let name = "Maximum"

  /// The larger one; it has no attributes.
  public init() {}

  /// The larger number; NaN where one is.
  public func value<Scalar: ReferenceScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    a.isNaN || a >= b ? a : b
  }

  /// g where the side is larger, half of it where both are equal.
  public func partialGradients(_ a: Value, _ b: Value, _ g: Value) -> (() -> Value, () -> Value) {
    (
      { g * CompareOperation.shareOfLarger(a, b) }, { g * CompareOperation.shareOfLarger(b, a) }
    )
  }
}

extension CompareOperation {
  /// 1 where `a` is larger, 1/2 where both are equal, else 0.
  static func shareOfLarger(_ a: Value, _ b: Value) -> Value {
    (a.applying(CompareOperation(.greater), b) + a.applying(CompareOperation(.greaterOrEqual), b))
      * 0.5
  }
}
