/// One value to the power of another, number by number: PyTorch's `torch.pow` of two tensors.
///
/// For one fixed exponent there is ``PowOperation``.
public struct PowerOperation: BinaryOperation {
  /// The field's name.
  public static let name = "Power"

  /// a to the power of b; it has no attributes.
  public init() {}

  /// a^b.
  public func value<Scalar: ReferenceScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    Scalar.pow(a, b)
  }

  /// g * b * a^(b-1), and g * a^b * ln a, which needs a positive a.
  public func partialGradients(_ a: Value, _ b: Value, _ g: Value) -> (() -> Value, () -> Value) {
    (
      { g * b * a.applying(PowerOperation(), b - 1) },
      { g * a.applying(PowerOperation(), b) * F.log(a) }
    )
  }
}
