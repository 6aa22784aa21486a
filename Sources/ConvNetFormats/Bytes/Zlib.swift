public import ConvNetGraph

#if Zlib
  internal import CZlib
#endif

/// Bytes made smaller in zlib's format (RFC 1950), and back: what PNG files and the explain page hold.
///
/// A build without the trait Zlib writes the format's uncompressed blocks, which every reader
/// understands.
public enum Zlib {
  /// The bytes in zlib's format, as small as it gets.
  public static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    #if Zlib
      var size = compressBound(UInt(bytes.count))
      var isGood = false
      let result = [UInt8](unsafeUninitializedCapacity: Int(size)) { target, initialized in
        isGood = compress2(target.baseAddress, &size, bytes, UInt(bytes.count), 9) == Z_OK
        initialized = isGood ? Int(size) : 0
      }
      if isGood { return result }
    #endif
    return stored(bytes)
  }

  /// The bytes in uncompressed blocks of at most 65,535.
  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [0x78, 0x01]
    result.reserveCapacity(bytes.count + bytes.count / 1000 + 16)
    var start = 0
    repeat {
      let end = min(start + 65_535, bytes.count)
      let length = UInt16(end - start)
      result.append(end == bytes.count ? 1 : 0)
      for number in [length, ~length] {
        result.append(UInt8(truncatingIfNeeded: number))
        result.append(UInt8(truncatingIfNeeded: number >> 8))
      }
      result += bytes[start..<end]
      start = end
    } while start < bytes.count
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    let sum = b << 16 | a
    for shift in stride(from: 24, through: 0, by: -8) {
      result.append(UInt8(truncatingIfNeeded: sum >> UInt32(shift)))
    }
    return result
  }

  /// The bytes that were made smaller.
  ///
  /// - Parameters:
  ///   - bytes: bytes in zlib's format, from anywhere.
  ///   - limit: the most bytes that may come out.
  ///   - name: what the bytes are called in messages.
  /// - Throws: ``ConvNetError`` of kind `invalidData` where they are damaged or too many, `unsupported`
  ///   in a build without the trait Zlib.
  public static func decompressed(
    _ bytes: [UInt8], limit: Int, name: String
  ) throws(ConvNetError) -> [UInt8] {
    #if Zlib
      var size = UInt(max(1, limit))
      var status = Z_OK
      let result = [UInt8](unsafeUninitializedCapacity: max(1, limit)) { target, initialized in
        status = uncompress(target.baseAddress, &size, bytes, UInt(bytes.count))
        initialized = status == Z_OK ? Int(size) : 0
      }
      guard status == Z_OK, result.count <= limit else {
        throw ConvNetError(
          .invalidData, "\(name): compressed bytes are damaged",
          reason: status == Z_BUF_ERROR ? "they end too early, or more come out than should" : nil)
      }
      return result
    #else
      return try unstored(bytes, limit: limit, name: name)
    #endif
  }

  /// The bytes of uncompressed blocks: what a build without the library itself wrote.
  static func unstored(
    _ bytes: [UInt8], limit: Int, name: String
  ) throws(ConvNetError) -> [UInt8] {
    var result: [UInt8] = []
    var at = 2
    while at + 5 <= bytes.count {
      guard bytes[at] & 6 == 0 else {
        throw ConvNetError(
          .unsupported, "\(name): this build cannot read compressed bytes",
          reason: "it was built without the trait Zlib",
          advice: "install zlib1g-dev and build with --traits Zlib")
      }
      let length = Int(bytes[at + 1]) | Int(bytes[at + 2]) << 8
      let start = at + 5
      guard length <= bytes.count - start, result.count + length <= limit else { break }
      result += bytes[start..<start + length]
      if bytes[at] & 1 == 1 { return result }
      at = start + length
    }
    throw ConvNetError(
      .invalidData, "\(name): compressed bytes are damaged",
      reason: "they end too early, or more come out than should")
  }
}
