internal import ConvNetGraph

/// A position in a file's bytes from which numbers and blocks are read in order.
///
/// Every read is checked against the end and throws; nothing here traps, whatever the file says.
struct ByteReader {
  /// The bytes that are read.
  let bytes: FileBytes
  /// The position of the next read, from the start of the file.
  private(set) var offset: Int
  /// The position behind the last byte that may be read.
  let end: Int

  /// A reader of all bytes.
  init(_ bytes: FileBytes) {
    self.bytes = bytes
    offset = 0
    end = bytes.count
  }

  /// A reader of a part of the bytes.
  init(_ bytes: FileBytes, range: Range<Int>) throws(ConvNetError) {
    guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
      throw ConvNetError(
        .invalidData, "\(bytes.name): is too short",
        reason: "bytes \(range.lowerBound)..<\(range.upperBound) are needed, it has \(bytes.count)")
    }
    self.bytes = bytes
    offset = range.lowerBound
    end = range.upperBound
  }

  /// The number of bytes that are left.
  var remaining: Int { end - offset }

  /// Moves to a position from the start of the file.
  mutating func seek(to position: Int, _ what: @autoclosure () -> String) throws(ConvNetError) {
    guard position >= 0, position <= end else {
      throw ConvNetError(
        .invalidData, "\(bytes.name): \(what()) is said to be at byte \(position)",
        reason: "the data ends at byte \(end)")
    }
    offset = position
  }

  /// The range of the next `count` bytes, which are passed over.
  mutating func take(
    _ count: Int, _ what: @autoclosure () -> String
  ) throws(ConvNetError) -> Range<Int> {
    guard count >= 0, count <= remaining else { throw truncated(count, what()) }
    defer { offset += count }
    return offset..<(offset + count)
  }

  /// The next `count` bytes as an array.
  mutating func array(
    _ count: Int, _ what: @autoclosure () -> String
  ) throws(ConvNetError) -> [UInt8] {
    let range = try take(count, what())
    return bytes.withUnsafeBytes { Array($0[range]) }
  }

  /// The next byte.
  mutating func byte(_ what: @autoclosure () -> String) throws(ConvNetError) -> UInt8 {
    guard remaining > 0 else { throw truncated(1, what()) }
    defer { offset += 1 }
    return bytes.withUnsafeBytes { $0[offset] }
  }

  /// The next integer, its lowest byte first.
  mutating func littleEndian<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, _ what: @autoclosure () -> String
  ) throws(ConvNetError) -> Number {
    Number(littleEndian: try load(type, what()))
  }

  /// The next integer, its highest byte first.
  mutating func bigEndian<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, _ what: @autoclosure () -> String
  ) throws(ConvNetError) -> Number {
    Number(bigEndian: try load(type, what()))
  }

  /// The next eight bytes as a size that an `Int` can hold, lowest byte first.
  mutating func littleEndianSize(
    _ what: @autoclosure () -> String
  ) throws(ConvNetError) -> Int {
    let number = try littleEndian(UInt64.self, what())
    guard let size = Int(exactly: number) else {
      throw ConvNetError(.invalidData, "\(bytes.name): \(what()) is \(number), which is too large")
    }
    return size
  }

  private mutating func load<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, _ what: @autoclosure () -> String
  ) throws(ConvNetError) -> Number {
    let size = MemoryLayout<Number>.size
    guard remaining >= size else { throw truncated(size, what()) }
    defer { offset += size }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
  }

  private func truncated(_ count: Int, _ what: String) -> ConvNetError {
    ConvNetError(
      .invalidData, "\(bytes.name): ends inside \(what)",
      reason: "\(count) bytes are needed at byte \(offset), \(remaining) are left")
  }
}
