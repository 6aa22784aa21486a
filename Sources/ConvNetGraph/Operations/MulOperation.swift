/// The product of two values number by number, with broadcasting: gates and masks.
public struct MulOperation: BinaryOperation {
  /// The field's name.
  public static let name = "Mul"

  /// A product.
  public init() {}

  /// a * b.
  public func value<Scalar: ReferenceScalar>(_ a: Scalar, _ b: Scalar) -> Scalar { a * b }

  /// The other side times g.
  public func partialGradients(_ a: Value, _ b: Value, _ g: Value) -> (() -> Value, () -> Value) {
    ({ g * b }, { g * a })
  }
}

extension Value {
  /// The product of two values number by number, with broadcasting.
  public static func * (left: Value, right: Value) -> Value { left.applying(MulOperation(), right) }
}
