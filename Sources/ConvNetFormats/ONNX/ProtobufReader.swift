internal import ConvNetGraph

/// Reads one protobuf message field by field (format: protobuf.dev, "Encoding").
///
/// A message is a row of fields: a number that says which field and how it is written, then the value.
/// Fields that are not asked for are passed over. Groups, which ONNX never uses, are refused.
struct ProtobufReader {
  /// How a field's value is written.
  enum Value {
    /// A whole number.
    case varint(UInt64)
    /// Eight bytes, lowest first.
    case fixed64(UInt64)
    /// Four bytes, lowest first.
    case fixed32(UInt32)
    /// Bytes: a text, packed numbers, or a message inside this one.
    case bytes(Range<Int>)
  }

  /// A field as it stands in the file.
  struct Field {
    let number: Int
    let value: Value
  }

  /// Counts what was read so far in the whole file: a file of two-byte messages would take fifty
  /// times its size in memory.
  final class Budget {
    private var messages = 0
    private static let limit = 4_000_000

    func count(_ name: String) throws(ConvNetError) {
      messages += 1
      guard messages <= Budget.limit else {
        throw ConvNetError(
          .invalidData, "\(name): has too many parts", reason: "the limit is \(Budget.limit)")
      }
    }
  }

  private var reader: ByteReader
  let bytes: FileBytes
  let budget: Budget
  private let depth: Int
  /// The messages that may stand inside each other.
  private static let depthLimit = 100

  /// A reader of a whole file.
  init(_ bytes: FileBytes) {
    self.bytes = bytes
    reader = ByteReader(bytes)
    budget = Budget()
    depth = 0
  }

  private init(
    _ bytes: FileBytes, range: Range<Int>, budget: Budget, depth: Int
  ) throws(ConvNetError) {
    self.bytes = bytes
    self.budget = budget
    self.depth = depth
    reader = try ByteReader(bytes, range: range)
    try budget.count(bytes.name)
    guard depth <= ProtobufReader.depthLimit else {
      throw ConvNetError(
        .invalidData, "\(bytes.name): is nested too deeply",
        reason: "the limit is \(ProtobufReader.depthLimit) messages inside each other")
    }
  }

  /// A reader of a message inside this one.
  func message(_ range: Range<Int>) throws(ConvNetError) -> ProtobufReader {
    try ProtobufReader(bytes, range: range, budget: budget, depth: depth + 1)
  }

  /// The next field, nil at the end.
  mutating func next() throws(ConvNetError) -> Field? {
    guard reader.remaining > 0 else { return nil }
    let start = reader.offset
    let tag = try varint("a field's number")
    let number = tag >> 3
    guard number >= 1, number < 1 << 29 else {
      throw ConvNetError(
        .invalidData, "\(bytes.name): has a field of number \(number) at byte \(start)",
        reason: "this is no protobuf message, or it is damaged")
    }
    let value: Value
    switch tag & 7 {
    case 0: value = .varint(try varint("field \(number)"))
    case 1: value = .fixed64(try reader.littleEndian(UInt64.self, "field \(number)"))
    case 5: value = .fixed32(try reader.littleEndian(UInt32.self, "field \(number)"))
    case 2:
      let length = try varint("the length of field \(number)")
      guard let count = Int(exactly: length), count <= reader.remaining else {
        throw ConvNetError(
          .invalidData, "\(bytes.name): field \(number) at byte \(start) is too long",
          reason: "it is said to have \(length) bytes, \(reader.remaining) are left")
      }
      value = .bytes(try reader.take(count, "field \(number)"))
    default:
      throw ConvNetError(
        .invalidData,
        "\(bytes.name): field \(number) at byte \(start) is written in a way that "
          + "is not known", reason: "this is no ONNX file, or it is damaged")
    }
    return Field(number: Int(number), value: value)
  }

  /// The next whole number, seven bits a byte, lowest first.
  private mutating func varint(_ what: @autoclosure () -> String) throws(ConvNetError) -> UInt64 {
    var number: UInt64 = 0
    for position in 0..<10 {
      let byte = try reader.byte(what())
      number |= UInt64(byte & 0x7F) << UInt64(7 * position)
      if byte < 0x80 {
        guard position < 9 || byte <= 1 else { break }
        return number
      }
    }
    throw ConvNetError(
      .invalidData, "\(bytes.name): \(what()) has more than 64 bits")
  }
}

extension ProtobufReader {
  /// A field's text.
  func text(_ value: Value, _ what: String) throws(ConvNetError) -> String {
    let range = try self.range(value, what)
    let text = bytes.withUnsafeBytes { raw in
      String(validating: UnsafeRawBufferPointer(rebasing: raw[range]), as: UTF8.self)
    }
    guard let text else {
      throw ConvNetError(.invalidData, "\(bytes.name): \(what) is not UTF-8 text")
    }
    return text
  }

  /// A field's bytes.
  func range(_ value: Value, _ what: String) throws(ConvNetError) -> Range<Int> {
    guard case .bytes(let range) = value else { throw wrong(what) }
    return range
  }

  /// A field's signed whole number.
  func integer(_ value: Value, _ what: String) throws(ConvNetError) -> Int {
    guard case .varint(let number) = value else { throw wrong(what) }
    return Int(truncatingIfNeeded: number)
  }

  /// A field's Float32.
  func float(_ value: Value, _ what: String) throws(ConvNetError) -> Float {
    guard case .fixed32(let bits) = value else { throw wrong(what) }
    return Float(bitPattern: bits)
  }

  /// Appends a repeated field's whole numbers, packed or single.
  func appendIntegers(
    _ value: Value, _ what: String, to numbers: inout [Int]
  ) throws(ConvNetError) {
    guard case .bytes(let range) = value else {
      numbers.append(try integer(value, what))
      return
    }
    var part = try ProtobufReader(bytes, range: range, budget: budget, depth: depth)
    while part.reader.remaining > 0 {
      numbers.append(Int(truncatingIfNeeded: try part.varint(what)))
    }
  }

  /// Appends a repeated field's Float32 numbers, packed or single.
  func appendFloats(
    _ value: Value, _ what: String, to numbers: inout [Float]
  ) throws(ConvNetError) {
    guard case .bytes(let range) = value else {
      numbers.append(try float(value, what))
      return
    }
    guard range.count % 4 == 0 else { throw wrong(what) }
    bytes.withUnsafeBytes { raw in
      numbers.reserveCapacity(numbers.count + range.count / 4)
      for offset in stride(from: range.lowerBound, to: range.upperBound, by: 4) {
        let bits = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        numbers.append(Float(bitPattern: bits))
      }
    }
  }

  /// Appends a repeated field's Float64 numbers, packed or single.
  func appendDoubles(
    _ value: Value, _ what: String, to numbers: inout [Double]
  ) throws(ConvNetError) {
    switch value {
    case .fixed64(let bits): numbers.append(Double(bitPattern: bits))
    case .bytes(let range) where range.count % 8 == 0:
      bytes.withUnsafeBytes { raw in
        for offset in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
          let bits = UInt64(
            littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
          numbers.append(Double(bitPattern: bits))
        }
      }
    default: throw wrong(what)
    }
  }

  private func wrong(_ what: String) -> ConvNetError {
    ConvNetError(
      .invalidData, "\(bytes.name): \(what) is written in the wrong way",
      reason: "this is no ONNX file, or it is damaged")
  }
}
