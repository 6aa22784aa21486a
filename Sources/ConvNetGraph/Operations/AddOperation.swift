/// The sum of two values, with broadcasting: the shortcut of a residual network.
public struct AddOperation: BinaryOperation {
  /// The field's name.
  public static let name = "Add"

  /// A sum.
  public init() {}

  /// a + b.
  public func value<Scalar: ReferenceScalar>(_ a: Scalar, _ b: Scalar) -> Scalar { a + b }

  /// g towards both sides.
  public func partialGradients(_ a: Value, _ b: Value, _ g: Value) -> (() -> Value, () -> Value) {
    ({ g }, { g })
  }
}

extension Value {
  /// The sum of two values, with broadcasting.
  public static func + (left: Value, right: Value) -> Value { left.applying(AddOperation(), right) }
}
