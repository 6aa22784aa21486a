/// A fixed line on every number: factor x + offset.
public struct ScaleOperation: ActivationOperation {
  /// The field's name.
  public static let name = "Scale"
  /// The derivative needs neither x nor y.
  public static let derivativeUsesOutput = true
  /// What each number is multiplied by.
  public var factor: Float
  /// What is added afterwards.
  public var offset: Float

  /// The line factor x + offset.
  public init(factor: Float = 1, offset: Float = 0) {
    self.factor = factor
    self.offset = offset
  }

  /// `x 0.5 + 1.0`, without the parts that change nothing.
  public var details: String {
    let parts = [factor == 1 ? nil : "x \(factor)", offset == 0 ? nil : "+ \(offset)"]
    return parts.compactMap { $0 }.joined(separator: " ")
  }

  /// factor x + offset.
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar {
    x * Scalar(factor) + Scalar(offset)
  }

  /// The factor.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar { Scalar(factor) }

  /// The factor times the arriving gradient: a scale again, so that nothing is kept for it.
  public func gradient(_ context: GradientContext) -> [Value?] {
    [context.outputGradient.applying(ScaleOperation(factor: factor))]
  }
}

extension Value {
  /// The number added to every element.
  public static func + (left: Value, right: Float) -> Value {
    left.applying(ScaleOperation(offset: right))
  }
  /// The number added to every element.
  public static func + (left: Float, right: Value) -> Value { right + left }
  /// The number taken from every element.
  public static func - (left: Value, right: Float) -> Value { left + (-right) }
  /// Every element taken from the number.
  public static func - (left: Float, right: Value) -> Value {
    right.applying(ScaleOperation(factor: -1, offset: left))
  }
  /// Every element multiplied by the number.
  public static func * (left: Value, right: Float) -> Value {
    left.applying(ScaleOperation(factor: right))
  }
  /// Every element multiplied by the number.
  public static func * (left: Float, right: Value) -> Value { right * left }
  /// Every element divided by the number.
  public static func / (left: Value, right: Float) -> Value { left * (1 / right) }
  /// The number divided by every element.
  public static func / (left: Float, right: Value) -> Value {
    right.applying(PowOperation(exponent: -1)) * left
  }
  /// Every element with the opposite sign.
  public static prefix func - (value: Value) -> Value { value * -1 }
}
