#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The scalar types that the reference loops run in: Float, and Double for gradient checks.
public protocol ReferenceScalar: BinaryFloatingPoint, Sendable {
  /// e^x.
  static func exp(_ x: Self) -> Self
  /// The natural logarithm.
  static func log(_ x: Self) -> Self
  /// ln(1 + x), exact for small x.
  static func log1p(_ x: Self) -> Self
  /// The hyperbolic tangent.
  static func tanh(_ x: Self) -> Self
  /// The error function.
  static func erf(_ x: Self) -> Self
  /// The cosine of an angle in radians.
  static func cos(_ x: Self) -> Self
  /// x^y.
  static func pow(_ x: Self, _ y: Self) -> Self
}

// The unqualified names inside the type would mean the static functions themselves, so the C
// library's functions get a name of their own here.
private let exp64: @Sendable (Double) -> Double = { exp($0) }
private let log64: @Sendable (Double) -> Double = { log($0) }
private let log1p64: @Sendable (Double) -> Double = { log1p($0) }
private let tanh64: @Sendable (Double) -> Double = { tanh($0) }
private let erf64: @Sendable (Double) -> Double = { erf($0) }
private let cos64: @Sendable (Double) -> Double = { cos($0) }
private let pow64: @Sendable (Double, Double) -> Double = { pow($0, $1) }

extension Double: ReferenceScalar {
  /// e^x.
  public static func exp(_ x: Double) -> Double { exp64(x) }
  /// The natural logarithm.
  public static func log(_ x: Double) -> Double { log64(x) }
  /// ln(1 + x), exact for small x.
  public static func log1p(_ x: Double) -> Double { log1p64(x) }
  /// The hyperbolic tangent.
  public static func tanh(_ x: Double) -> Double { tanh64(x) }
  /// The error function.
  public static func erf(_ x: Double) -> Double { erf64(x) }
  /// The cosine of an angle in radians.
  public static func cos(_ x: Double) -> Double { cos64(x) }
  /// x^y.
  public static func pow(_ x: Double, _ y: Double) -> Double { pow64(x, y) }
}

// Float's functions go through Double and round once: the reference is as exact as it can be.
extension Float: ReferenceScalar {
  /// e^x.
  public static func exp(_ x: Float) -> Float { Float(exp64(Double(x))) }
  /// The natural logarithm.
  public static func log(_ x: Float) -> Float { Float(log64(Double(x))) }
  /// ln(1 + x), exact for small x.
  public static func log1p(_ x: Float) -> Float { Float(log1p64(Double(x))) }
  /// The hyperbolic tangent.
  public static func tanh(_ x: Float) -> Float { Float(tanh64(Double(x))) }
  /// The error function.
  public static func erf(_ x: Float) -> Float { Float(erf64(Double(x))) }
  /// The cosine of an angle in radians.
  public static func cos(_ x: Float) -> Float { Float(cos64(Double(x))) }
  /// x^y.
  public static func pow(_ x: Float, _ y: Float) -> Float { Float(pow64(Double(x), Double(y))) }
}
