/// The quotient of two values number by number, with broadcasting.
public struct DivOperation: BinaryOperation {
  /// The field's name.
  public static let name = "Div"

  /// A quotient.
  public init() {}

  /// a / b.
  public func value<Scalar: ReferenceScalar>(_ a: Scalar, _ b: Scalar) -> Scalar { a / b }

  /// g / b, and -g a / b^2 towards the right.
  public func partialGradients(_ a: Value, _ b: Value, _ g: Value) -> (() -> Value, () -> Value) {
    ({ g / b }, { -(g * a / (b * b)) })
  }
}

extension Value {
  /// The quotient of two values number by number, with broadcasting.
  public static func / (left: Value, right: Value) -> Value { left.applying(DivOperation(), right) }
}
