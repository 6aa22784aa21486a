extension SHA256 {
  /// The checksum of bytes.
  public static func digest(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var sum = SHA256()
    Array(bytes).withUnsafeBytes { sum.update($0) }
    return sum.value
  }

  /// The checksum of numbers in memory, as 64 hexadecimal digits.
  public static func hex(_ numbers: UnsafeBufferPointer<Float>) -> String {
    hexadecimal(UnsafeRawBufferPointer(numbers))
  }

  /// Bytes as hexadecimal digits.
  public static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}
