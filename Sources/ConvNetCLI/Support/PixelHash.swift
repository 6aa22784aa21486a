internal import ConvNetFormats

/// A fingerprint of a picture's size and pixels, 128 bits long: two FNV-1a hashes over 8 bytes at a
/// time, with different starts. Good against accidents, not against intent.
struct PixelHash: Hashable {
  private var first: UInt64 = 0xCBF2_9CE4_8422_2325
  private var second: UInt64 = 0x9E37_79B9_7F4A_7C15

  init(_ image: Image) {
    for size in [image.width, image.height, image.channels] { add(UInt64(size)) }
    image.pixels.withUnsafeBytes { bytes in
      let whole = bytes.count / 8 * 8
      for offset in stride(from: 0, to: whole, by: 8) {
        add(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      }
      for byte in bytes[whole...] { add(UInt64(byte)) }
    }
  }

  private mutating func add(_ word: UInt64) {
    first = (first ^ word) &* 0x0000_0100_0000_01B3
    first ^= first >> 29
    second = (second ^ word.byteSwapped) &* 0xD6E8_FEB8_6659_FD93
    second ^= second >> 32
  }
}
