/// Writes protobuf messages: the counterpart of ``ProtobufReader``.
struct ProtobufWriter {
  /// What was written so far.
  private(set) var bytes: [UInt8] = []

  /// A field with a whole number.
  mutating func integer(_ field: Int, _ value: Int) {
    varint(UInt64(field) << 3)
    varint(UInt64(bitPattern: Int64(value)))
  }

  /// A field with a Float32.
  mutating func float(_ field: Int, _ value: Float) {
    varint(UInt64(field) << 3 | 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// A field with a text.
  mutating func text(_ field: Int, _ value: String) { data(field, Array(value.utf8)) }

  /// A field with bytes.
  mutating func data(_ field: Int, _ value: [UInt8]) {
    varint(UInt64(field) << 3 | 2)
    varint(UInt64(value.count))
    bytes += value
  }

  /// A field with the numbers of a buffer.
  mutating func floats(_ field: Int, _ value: UnsafeBufferPointer<Float>) {
    varint(UInt64(field) << 3 | 2)
    varint(UInt64(value.count * 4))
    bytes.append(contentsOf: UnsafeRawBufferPointer(value))
  }

  /// A field with a message.
  mutating func message(_ field: Int, _ fill: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    fill(&inner)
    data(field, inner.bytes)
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
