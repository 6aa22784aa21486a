#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Numbers as people read them: a point for decimals, commas between thousands, in every locale.
package enum NumberFormat {
  /// A whole number with commas between thousands: `1,558,026`.
  package static func grouped(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var result = number < 0 ? "-" : ""
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.count - position) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return result
  }

  /// The nearest whole number with commas between thousands: `1,480`; also of numbers that no `Int`
  /// holds.
  package static func grouped(_ number: Double) -> String {
    Int(exactly: number.rounded()).map { grouped($0) } ?? significant(number, digits: 6)
  }

  /// A number with a fixed count of decimals: `0.912`. Not-a-number is `nan`, infinity `inf`.
  package static func fixed(_ number: Double, decimals: Int) -> String {
    guard number.isFinite else { return notFinite(number) }
    let text = printed("%.*f", Int32(clamping: decimals), number)
    // "-0.0" would read as a sign of something.
    let isZero = text.allSatisfy { !$0.isNumber || $0 == "0" }
    return isZero && text.hasPrefix("-") ? String(text.dropFirst()) : text
  }

  /// A number with a count of significant digits, in the shorter of plain and exponent form.
  package static func significant(_ number: Double, digits: Int) -> String {
    guard number.isFinite else { return notFinite(number) }
    return printed("%.*g", Int32(clamping: digits), number)
  }

  /// A share in percent: 0.681 is `68.1%`.
  package static func percent(_ share: Double, decimals: Int = 1) -> String {
    fixed(share * 100, decimals: decimals) + (share.isFinite ? "%" : "")
  }

  /// A count of bytes in the largest decimal unit that keeps a digit before the point: `1.6 MB`.
  package static func bytes(_ count: Int) -> String {
    guard count.magnitude >= 1000 else { return "\(count) B" }
    var value = Double(count)
    var unit = ""
    for next in ["kB", "MB", "GB", "TB", "PB", "EB"] where abs(value) >= 999.5 || unit.isEmpty {
      value /= 1000
      unit = next
    }
    return fixed(value, decimals: abs(value) < 9.95 ? 1 : 0) + " " + unit
  }

  private static func notFinite(_ number: Double) -> String {
    number.isNaN ? "nan" : number < 0 ? "-inf" : "inf"
  }

  /// C's exact decimal conversion, for which Swift's standard library has no counterpart.
  private static func printed(_ format: String, _ digits: Int32, _ number: Double) -> String {
    withVaList([digits, number]) { arguments in
      // The longest result is the largest Double in plain form: 309 digits, a sign, a point, and
      // the decimals.
      var buffer = [CChar](repeating: 0, count: 320 + max(0, Int(digits)))
      let length = vsnprintf(&buffer, buffer.count, format, arguments)
      let written = buffer.prefix(max(0, Int(length)))
      return String(decoding: written.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
  }
}
