public import ConvNetGraph

extension JSONValue {
  /// Reads a JSON text (RFC 8259), strictly: UTF-8 without a byte order mark, no comments, no
  /// trailing commas, no equal names in one object.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - name: What is read, for messages: a file's name.
  ///   - depthLimit: How deep arrays and objects may be nested.
  ///   - valueLimit: How many values the text may hold, so that memory stays bounded.
  /// - Throws: ``ConvNetError`` of kind `invalidData` with the position in bytes.
  public init(
    parsing bytes: UnsafeRawBufferPointer, name: String, depthLimit: Int = 64,
    valueLimit: Int = 5_000_000
  ) throws(ConvNetError) {
    var parser = JSONParser(
      bytes: bytes, name: name, depthLimit: depthLimit, valuesLeft: valueLimit)
    self = try parser.text()
  }

  /// Reads a JSON text from a string.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidData` with the position in bytes.
  public init(parsing text: String, name: String = "text") throws(ConvNetError) {
    let bytes = Array(text.utf8)
    self = try bytes.withRawBytes { (raw) throws(ConvNetError) in
      try JSONValue(parsing: raw, name: name)
    }
  }

  /// Reads a JSON file.
  ///
  /// - Throws: ``ConvNetError``: the file's errors, or of kind `invalidData` with the position.
  public init(contentsOf path: String) throws(ConvNetError) {
    let file = try FileBytes(path: path, limit: 256 << 20)
    self = try file.withUnsafeBytes { (raw) throws(ConvNetError) in
      try JSONValue(parsing: raw, name: file.name)
    }
  }
}

/// A recursive-descent reader; the recursion is bounded by `depthLimit`.
private struct JSONParser {
  let bytes: UnsafeRawBufferPointer
  let name: String
  let depthLimit: Int
  var valuesLeft: Int
  var offset = 0

  private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  mutating func text() throws(ConvNetError) -> JSONValue {
    let value = try self.value(depth: 0)
    skipSpace()
    guard offset == bytes.count else { throw error("something follows the value") }
    return value
  }

  private mutating func value(depth: Int) throws(ConvNetError) -> JSONValue {
    skipSpace()
    valuesLeft -= 1
    guard valuesLeft >= 0 else { throw error("there are too many values") }
    switch current {
    case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
    case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: return try number()
    case nil: throw error("the text ends where a value is expected")
    default: throw error("a value is expected")
    }
  }

  private mutating func object(depth: Int) throws(ConvNetError) -> JSONObject {
    guard depth <= depthLimit else { throw error("nested deeper than \(depthLimit) levels") }
    offset += 1
    var object = JSONObject()
    skipSpace()
    if skip(UInt8(ascii: "}")) { return object }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw error("a name in quotes is expected") }
      let start = offset
      let key = try string()
      skipSpace()
      guard skip(UInt8(ascii: ":")) else { throw error("':' is expected") }
      let value = try value(depth: depth)
      guard object.append(key, value) else {
        offset = start
        throw error("the name \"\(key.escapedForDisplay)\" stands twice in one object")
      }
      skipSpace()
      if skip(UInt8(ascii: "}")) { return object }
      guard skip(UInt8(ascii: ",")) else { throw error("',' or '}' is expected") }
    }
  }

  private mutating func array(depth: Int) throws(ConvNetError) -> [JSONValue] {
    guard depth <= depthLimit else { throw error("nested deeper than \(depthLimit) levels") }
    offset += 1
    var array: [JSONValue] = []
    skipSpace()
    if skip(UInt8(ascii: "]")) { return array }
    while true {
      array.append(try value(depth: depth))
      skipSpace()
      if skip(UInt8(ascii: "]")) { return array }
      guard skip(UInt8(ascii: ",")) else { throw error("',' or ']' is expected") }
    }
  }

  private mutating func word(
    _ word: StaticString, _ value: JSONValue
  ) throws(ConvNetError) -> JSONValue {
    let end = offset + word.utf8CodeUnitCount
    let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard end <= bytes.count, bytes[offset..<end].elementsEqual(expected) else {
      throw error("a value is expected")
    }
    offset = end
    return value
  }

  private mutating func number() throws(ConvNetError) -> JSONValue {
    let start = offset
    var isWhole = true
    _ = skip(UInt8(ascii: "-"))
    let firstDigit = offset
    try digits()
    if bytes[firstDigit] == UInt8(ascii: "0"), offset > firstDigit + 1 {
      offset = firstDigit
      throw error("a number may not begin with a zero")
    }
    if skip(UInt8(ascii: ".")) {
      isWhole = false
      try digits()
    }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      isWhole = false
      if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
      try digits()
    }
    // A longer number says nothing that a Double could hold, and its conversion takes long.
    guard offset - start <= 1_000 else { throw error("a number has too many digits") }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if isWhole, text != "-0", let integer = Int(text) { return .integer(integer) }
    guard let double = Double(text), double.isFinite else {
      offset = start
      throw error("a number is out of range")
    }
    return .number(double)
  }

  private mutating func digits() throws(ConvNetError) {
    let start = offset
    while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
    guard offset > start else { throw error("a digit is expected") }
  }

  private mutating func string() throws(ConvNetError) -> String {
    offset += 1
    let start = offset
    // Most strings hold no escape and are taken as they stand.
    while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      offset += 1
    }
    guard current == UInt8(ascii: "\\") else {
      guard current == UInt8(ascii: "\"") else { throw unfinishedString() }
      defer { offset += 1 }
      return try utf8(UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), at: start)
    }
    var decoded = [UInt8](bytes[start..<offset])
    while let byte = current, byte >= 0x20 {
      if byte == UInt8(ascii: "\"") {
        offset += 1
        return try decoded.withRawBytes { (raw) throws(ConvNetError) in
          try utf8(raw, at: start)
        }
      }
      offset += 1
      if byte == UInt8(ascii: "\\") {
        try escape(into: &decoded)
      } else {
        decoded.append(byte)
      }
    }
    throw unfinishedString()
  }

  private func unfinishedString() -> ConvNetError {
    current == nil
      ? error("the text ends inside a string") : error("a control character in a string")
  }

  private func utf8(
    _ raw: UnsafeRawBufferPointer, at start: Int
  ) throws(ConvNetError) -> String {
    guard let string = String(validating: raw, as: UTF8.self) else {
      throw ConvNetError(
        .invalidData, "\(name): is not valid JSON",
        reason: "the string at byte \(start) is not UTF-8")
    }
    return string
  }

  private mutating func escape(into decoded: inout [UInt8]) throws(ConvNetError) {
    guard let byte = current else { throw error("the text ends inside a string") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(byte)
    case UInt8(ascii: "b"): decoded.append(0x08)
    case UInt8(ascii: "f"): decoded.append(0x0C)
    case UInt8(ascii: "n"): decoded.append(0x0A)
    case UInt8(ascii: "r"): decoded.append(0x0D)
    case UInt8(ascii: "t"): decoded.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code) {
        guard skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else {
          throw error("half of a surrogate pair")
        }
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw error("half of a surrogate pair") }
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair") }
      decoded.append(contentsOf: Array(String(scalar).utf8))
    default: throw error("an unknown escape in a string")
    }
  }

  private mutating func hexadecimal() throws(ConvNetError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("four hexadecimal digits are expected")
      }
      code = code << 4 | UInt32(digit)
      offset += 1
    }
    return code
  }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    offset += 1
    return true
  }

  private func error(_ what: String) -> ConvNetError {
    ConvNetError(
      .invalidData, "\(name): is not valid JSON", reason: "\(what), at byte \(offset)")
  }
}
