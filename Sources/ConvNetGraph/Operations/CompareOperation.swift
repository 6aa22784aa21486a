/// Two values compared number by number: 1 where the relation holds, else 0.
///
/// The smaller one is repeated where its size is 1. A step function has no useful gradient: nothing
/// arrives at either side.
public struct CompareOperation: BinaryOperation {
  /// The field's name.
  public static let name = "Compare"

  /// What is asked of the two numbers.
  public enum Relation: String, Hashable, Sendable, Codable {
    /// a = b.
    case equal
    /// a > b.
    case greater
    /// a >= b.
    case greaterOrEqual
    /// a < b.
    case less
    /// a <= b.
    case lessOrEqual
  }

  /// What is asked of the two numbers.
  public var relation: Relation

  /// A comparison.
  public init(_ relation: Relation) {
    self.relation = relation
  }

  /// The relation's name.
  public var details: String { relation.rawValue }

  /// 1 or 0; a comparison with NaN is 0.
  public func value<Scalar: ReferenceScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    let holds =
      switch relation {
      case .equal: a == b
      case .greater: a > b
      case .greaterOrEqual: a >= b
      case .less: a < b
      case .lessOrEqual: a <= b
      }
    return holds ? 1 : 0
  }

  /// Not used: ``gradient(_:)`` says that there is none.
  public func partialGradients(_ a: Value, _ b: Value, _ g: Value) -> (() -> Value, () -> Value) {
    ({ g * 0 }, { g * 0 })
  }

  /// None.
  public func gradient(_ context: GradientContext) -> [Value?] { [nil, nil] }
}
