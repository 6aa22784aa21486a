/// The checksum of zip, gzip and PNG: CRC-32 with the reflected polynomial 0xEDB88320.
///
/// Eight bytes are taken per step through eight tables ("slicing by 8", Kounavis and Berry 2005).
public struct CRC32: Sendable {
  private var state: UInt32 = 0xFFFF_FFFF

  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for index in 0..<256 {
      var value = UInt32(index)
      for _ in 0..<8 { value = (value & 1) == 1 ? (value >> 1) ^ 0xEDB8_8320 : value >> 1 }
      tables[index] = value
    }
    for index in 256..<(8 * 256) {
      let previous = tables[index - 256]
      tables[index] = (previous >> 8) ^ tables[Int(previous & 0xFF)]
    }
    return tables
  }()

  /// A checksum of no bytes.
  public init() {}

  /// The checksum of the bytes so far.
  public var value: UInt32 { ~state }

  /// Takes further bytes into the checksum.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var crc = state
    CRC32.tables.withUnsafeBufferPointer { table in
      var offset = 0
      while offset + 8 <= bytes.count {
        let word = UInt64(
          littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        let mixed = word ^ UInt64(crc)
        var next: UInt32 = 0
        for index in 0..<8 {
          let byte = Int(truncatingIfNeeded: (mixed >> UInt64(8 * index)) & 0xFF)
          next ^= table[(7 - index) * 256 + byte]
        }
        crc = next
        offset += 8
      }
      while offset < bytes.count {
        crc = (crc >> 8) ^ table[Int((crc ^ UInt32(bytes[offset])) & 0xFF)]
        offset += 1
      }
    }
    state = crc
  }

  /// The checksum of some bytes.
  public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var checksum = CRC32()
    checksum.update(bytes)
    return checksum.value
  }
}
