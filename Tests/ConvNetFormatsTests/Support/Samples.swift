import ConvNetFormats
import ConvNetGraph

/// Small files that tests make themselves.
enum Samples {
  /// An IDX file of bytes.
  static func idx(_ sizes: [UInt32], _ data: [UInt8], type: UInt8 = 8) -> [UInt8] {
    var bytes: [UInt8] = [0, 0, type, UInt8(sizes.count)]
    for size in sizes { bytes += withUnsafeBytes(of: size.bigEndian) { Array($0) } }
    return bytes + data
  }

  /// Bytes that look random and are always the same.
  static func noise(_ count: Int, seed: Int = 1) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// One entry of a tar file, padded to whole blocks.
  static func tarEntry(
    _ name: String, _ data: [UInt8] = [], type: Character = "0", size: String? = nil,
    prefix: String = ""
  ) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, _ offset: Int) {
      for (index, byte) in text.utf8.enumerated() { block[offset + index] = byte }
    }
    put(name, 0)
    put("0000644\0", 100)
    let digits = String(data.count, radix: 8)
    put(size ?? String(repeating: "0", count: 11 - digits.count) + digits, 124)
    put(String(type), 156)
    put("ustar\0" + "00", 257)
    put(prefix, 345)
    let sum = block.reduce(0) { $0 + Int($1) } + 8 * 0x20
    let octal = String(sum, radix: 8)
    put(String(repeating: "0", count: 6 - octal.count) + octal + "\0 ", 148)
    return block + data + [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
  }

  /// A tar file of entries.
  static func tar(_ entries: [[UInt8]]) -> [UInt8] {
    entries.flatMap { $0 } + [UInt8](repeating: 0, count: 1024)
  }

  /// A PPM picture of one colour.
  static func ppm(_ red: UInt8, _ green: UInt8 = 0, _ blue: UInt8 = 0, side: Int = 2) -> [UInt8] {
    Array("P6 \(side) \(side) 255\n".utf8)
      + (0..<(side * side)).flatMap { _ in [red, green, blue] }
  }
}
