/// The difference of two values, with broadcasting.
public struct SubOperation: BinaryOperation {
  /// The field's name.
  public static let name = "Sub"

  /// A difference.
  public init() {}

  /// a - b.
  public func value<Scalar: ReferenceScalar>(_ a: Scalar, _ b: Scalar) -> Scalar { a - b }

  /// g, and -g towards the right.
  public func partialGradients(_ a: Value, _ b: Value, _ g: Value) -> (() -> Value, () -> Value) {
    ({ g }, { -g })
  }
}

extension Value {
  /// The difference of two values, with broadcasting.
  public static func - (left: Value, right: Value) -> Value { left.applying(SubOperation(), right) }
}
