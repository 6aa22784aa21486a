/// Numbers as they may be written on a command line: ASCII digits only, with nothing around them.
///
/// Swift's own conversions also take `0x10`, `nan`, `infinity` and a leading `+`; a typing error
/// should not become a number.
package enum Numeral {
  /// A whole number such as `128` or `-1`, or nil; nil too where it does not fit into an `Int`.
  package static func integer(_ text: String) -> Int? {
    let digits = text.utf8.first == minus ? text.utf8.dropFirst() : text.utf8[...]
    guard !digits.isEmpty, digits.allSatisfy(isDigit) else { return nil }
    return Int(text)
  }

  /// A decimal number such as `0.1`, `-5`, `1e-4`, or nil; nil too where it is beyond a `Double`.
  package static func number(_ text: String) -> Double? {
    var rest = text.utf8[...]
    if rest.first == minus { rest = rest.dropFirst() }
    let whole = takeDigits(&rest)
    var decimals = 0
    if rest.first == point {
      rest = rest.dropFirst()
      decimals = takeDigits(&rest)
    }
    guard whole > 0 || decimals > 0 else { return nil }
    if let letter = rest.first, letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if let sign = rest.first, sign == minus || sign == plus { rest = rest.dropFirst() }
      guard takeDigits(&rest) > 0 else { return nil }
    }
    guard rest.isEmpty, let number = Double(text), number.isFinite else { return nil }
    return number
  }

  /// A length of time in seconds from parts with units, such as `90s`, `20m`, `1h30m`, or nil.
  package static func seconds(_ text: String) -> Double? {
    var rest = text.utf8[...]
    var total = 0.0
    // Each unit may stand once, the larger before the smaller.
    for (unit, size) in [("h", 3600.0), ("m", 60), ("s", 1)] {
      guard let end = rest.firstIndex(where: { !isDigit($0) && $0 != point }),
        String(rest[end...].prefix(1)) == unit
      else { continue }
      guard let count = number(String(rest[..<end]) ?? "") else { return nil }
      total += count * size
      rest = rest[end...].dropFirst()
    }
    return rest.isEmpty && !text.isEmpty && total.isFinite ? total : nil
  }

  /// Sizes joined by `x`, such as `3x32x32`, or nil.
  package static func sizes(_ text: String) -> [Int]? {
    var sizes: [Int] = []
    for part in text.split(separator: "x", maxSplits: 16, omittingEmptySubsequences: false) {
      guard let size = integer(String(part)) else { return nil }
      sizes.append(size)
    }
    return sizes
  }

  /// Whether a word that begins with a minus sign is a negative number rather than an option.
  static func isNegativeNumber(_ word: String) -> Bool {
    guard word.utf8.first == minus, let next = word.utf8.dropFirst().first else { return false }
    return isDigit(next) || next == point
  }

  private static let minus = UInt8(ascii: "-")
  private static let plus = UInt8(ascii: "+")
  private static let point = UInt8(ascii: ".")

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func takeDigits(_ rest: inout Substring.UTF8View) -> Int {
    let count = rest.prefix(while: isDigit).count
    rest = rest.dropFirst(count)
    return count
  }
}
