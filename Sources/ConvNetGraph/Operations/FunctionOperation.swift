#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A function of the mathematics library on each number: sine, rounding, and their like.
///
/// These have no kernels of their own; they stand in imported networks, mostly in the arithmetic
/// around detection boxes.
public struct FunctionOperation: ActivationOperation {
  /// The field's name.
  public static let name = "Function"
  /// The derivative needs x.
  public static let derivativeUsesOutput = false

  /// Which function.
  public enum Function: String, Hashable, Sendable, Codable, CaseIterable {
    /// Trigonometric functions of an angle in radians, and their inverses.
    case sin, cos, tan, asin, acos, atan
    /// Hyperbolic functions and their inverses.
    case sinh, cosh, asinh, acosh, atanh
    /// To a whole number: down, up, to the nearest (ties to the even one), towards 0.
    case floor, ceil, round, truncate
    /// -1, 0 or 1.
    case sign
    /// 1 for NaN, for +infinity, for -infinity; else 0.
    case isNaN, isPositiveInfinity, isNegativeInfinity
    /// The nearest number of half precision, and of bfloat16.
    case float16, bfloat16
  }

  /// Which function.
  public var function: Function

  /// A function.
  public init(_ function: Function) {
    self.function = function
  }

  /// The function's name.
  public var details: String { function.rawValue }

  /// The function, computed in Float64 and rounded once.
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar {
    switch function {
    case .floor: x.rounded(.down)
    case .ceil: x.rounded(.up)
    case .round: x.rounded(.toNearestOrEven)
    case .truncate: x.rounded(.towardZero)
    case .sign: x > 0 ? 1 : x < 0 ? -1 : x
    case .isNaN: x.isNaN ? 1 : 0
    case .isPositiveInfinity: x.isInfinite && x > 0 ? 1 : 0
    case .isNegativeInfinity: x.isInfinite && x < 0 ? 1 : 0
    case .float16: Scalar(FloatRounding.half(Float(x)))
    case .bfloat16: Scalar(FloatRounding.bfloat(Float(x)))
    default: Scalar(analytic(Double(x)))
    }
  }

  private func analytic(_ x: Double) -> Double {
    switch function {
    case .sin: sin(x)
    case .cos: cos(x)
    case .tan: tan(x)
    case .asin: asin(x)
    case .acos: acos(x)
    case .atan: atan(x)
    case .sinh: sinh(x)
    case .cosh: cosh(x)
    case .asinh: asinh(x)
    case .acosh: acosh(x)
    case .atanh: atanh(x)
    default: x
    }
  }

  /// The derivative; 0 for steps, 1 for the rounding to fewer bits.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar {
    let x = Double(point)
    let slope: Double =
      switch function {
      case .sin: cos(x)
      case .cos: -sin(x)
      case .tan: 1 / (cos(x) * cos(x))
      case .asin: 1 / (1 - x * x).squareRoot()
      case .acos: -1 / (1 - x * x).squareRoot()
      case .atan: 1 / (1 + x * x)
      case .sinh: cosh(x)
      case .cosh: sinh(x)
      case .asinh: 1 / (1 + x * x).squareRoot()
      case .acosh: 1 / (x * x - 1).squareRoot()
      case .atanh: 1 / (1 - x * x)
      case .float16, .bfloat16: 1
      default: 0
      }
    return Scalar(slope)
  }
}

/// Rounding to numbers of fewer bits, by arithmetic alone: `Float16` does not exist on every machine.
enum FloatRounding {
  /// The nearest number of half precision, ties to the even one; infinity beyond its range.
  static func half(_ x: Float) -> Float {
    guard x.isFinite, x != 0 else { return x }
    // The distance between half-precision numbers around x; 2^-24 below 2^-14.
    let step = Float(sign: .plus, exponent: max(Int(x.exponent), -14) - 10, significand: 1)
    let rounded = (x / step).rounded(.toNearestOrEven) * step
    return rounded.magnitude > 65504 ? Float(signOf: x, magnitudeOf: .infinity) : rounded
  }

  /// The nearest number whose low 16 bits are 0, ties to the even one.
  static func bfloat(_ x: Float) -> Float {
    guard x.isFinite else { return x }
    let bits = x.bitPattern
    let rounded = bits &+ 0x7FFF &+ ((bits >> 16) & 1)
    return Float(bitPattern: rounded & 0xFFFF_0000)
  }
}
