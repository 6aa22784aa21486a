#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// The few functions of real numbers that Swift's standard library lacks.
enum Real {
  /// The natural logarithm.
  static func log(_ value: Double) -> Double {
    #if canImport(Darwin)
      Darwin.log(value)
    #elseif canImport(Musl)
      Musl.log(value)
    #else
      Glibc.log(value)
    #endif
  }
}
