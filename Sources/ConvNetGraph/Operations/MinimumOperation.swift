/// The smaller of two values, number by number: PyTorch's `torch.minimum`.
///
/// Where both are equal each gets half of the gradient, as in PyTorch.
public struct MinimumOperation: BinaryOperation {
  /// The field's name.
  public static let name = "Minimum"

  /// The smaller one; it has no attributes.
  public init() {}

  /// The smaller number; NaN where one is.
  public func value<Scalar: ReferenceScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    a.isNaN || a <= b ? a : b
  }

  /// g where the side is smaller, half of it where both are equal.
  public func partialGradients(_ a: Value, _ b: Value, _ g: Value) -> (() -> Value, () -> Value) {
    (
      { g * CompareOperation.shareOfLarger(b, a) }, { g * CompareOperation.shareOfLarger(a, b) }
    )
  }
}
