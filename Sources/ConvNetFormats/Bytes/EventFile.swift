/// Numbers over time in the file format of TensorBoard: records of the message `Event`, each with its
/// length and checksums (TensorFlow's TFRecord; masked CRC-32C).
public struct EventFile: Sendable {
  /// The file's bytes so far.
  public private(set) var bytes: [UInt8] = []

  /// A file without numbers.
  ///
  /// - Parameter time: when it was begun, in seconds since 1970.
  public init(time: Double) {
    append(ProtobufMessage().with(double: time, field: 1).with(text: "brain.Event:2", field: 3))
  }

  /// Adds the values that some quantities have at a step; those that are nil are left out.
  ///
  /// - Parameters:
  ///   - scalars: names, a slash between group and quantity, with their values.
  ///   - step: the place on the horizontal axis.
  ///   - time: when it was, in seconds since 1970.
  public mutating func add(_ scalars: [(name: String, value: Double?)], step: Int, time: Double) {
    var summary = ProtobufMessage()
    for case let (name, value?) in scalars {
      let entry = ProtobufMessage().with(text: name, field: 1).with(float: Float(value), field: 2)
      summary = summary.with(message: entry, field: 1)
    }
    append(
      ProtobufMessage().with(double: time, field: 1).with(integer: step, field: 2)
        .with(message: summary, field: 5))
  }

  private mutating func append(_ message: ProtobufMessage) {
    let length = ProtobufMessage.little(UInt64(message.bytes.count))
    bytes += length + ProtobufMessage.little(EventFile.maskedChecksum(length))
    bytes += message.bytes + ProtobufMessage.little(EventFile.maskedChecksum(message.bytes))
  }

  /// CRC-32C, turned and moved, so that a checksum over data with a checksum in it is no special case.
  private static func maskedChecksum(_ bytes: [UInt8]) -> UInt32 {
    var checksum: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      checksum ^= UInt32(byte)
      for _ in 0..<8 {
        checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0x82F6_3B78 : checksum >> 1
      }
    }
    checksum = ~checksum
    return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
  }
}

/// The few forms of Protocol Buffers' encoding that ``EventFile`` needs.
private struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  static func little(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  func with(double: Double, field: UInt8) -> Self {
    appending([field << 3 | 1] + Self.little(double.bitPattern))
  }

  func with(float: Float, field: UInt8) -> Self {
    appending([field << 3 | 5] + Self.little(float.bitPattern))
  }

  func with(integer: Int, field: UInt8) -> Self {
    appending([field << 3] + Self.variable(UInt64(bitPattern: Int64(integer))))
  }

  func with(text: String, field: UInt8) -> Self { with(content: Array(text.utf8), field: field) }

  func with(message: ProtobufMessage, field: UInt8) -> Self {
    with(content: message.bytes, field: field)
  }

  private func with(content: [UInt8], field: UInt8) -> Self {
    appending([field << 3 | 2] + Self.variable(UInt64(content.count)) + content)
  }

  private func appending(_ part: [UInt8]) -> Self {
    var message = self
    message.bytes += part
    return message
  }

  /// A number in as many groups of seven bits as it needs, lowest first.
  private static func variable(_ number: UInt64) -> [UInt8] {
    var (rest, bytes) = (number, [UInt8]())
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(truncatingIfNeeded: rest)]
  }
}
