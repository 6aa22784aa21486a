import ConvNetGraph
import Testing

@testable import ConvNetFormats

@Suite struct GzipTests {
  /// gzip's form of bytes without compression: header, stored blocks, checksum, size.
  static func stored(_ data: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var rest = data[...]
    repeat {
      let block = rest.prefix(65_535)
      rest = rest.dropFirst(block.count)
      let size = UInt16(block.count)
      bytes += [rest.isEmpty ? 1 : 0, UInt8(size & 255), UInt8(size >> 8)]
      bytes += [UInt8(~size & 255), UInt8(~size >> 8)] + block
    } while !rest.isEmpty
    let sum = data.withUnsafeBytes { CRC32.of($0) }
    for word in [sum, UInt32(data.count)] {
      bytes += withUnsafeBytes(of: word.littleEndian) { Array($0) }
    }
    return bytes
  }

  #if Zlib
    private func read(_ bytes: [UInt8], _ pieces: [Int]) throws -> [[UInt8]] {
      var reader = try InflateReader(FileBytes(bytes, name: "z"))
      var result: [[UInt8]] = []
      for piece in pieces { result.append(try reader.read(upTo: piece)) }
      return result
    }

    @Test func readsInPiecesAndSeveralMembers() throws {
      let data = Samples.noise(200_000)
      let packed = Self.stored(Array(data[..<70_000])) + Self.stored(Array(data[70_000...]))
      let pieces = try read(packed, [1, 3, 0, 100_000, 1_000_000, 5])
      #expect(Array(pieces.joined()) == data)
      #expect(pieces.map(\.count) == [1, 3, 0, 100_000, 99_996, 0])
    }

    @Test func reportsDamage() throws {
      let good = Self.stored(Samples.noise(1_000))
      for count in [2, 9, 10, 500, good.count - 1] {
        expectError(
          .invalidData, "z: is a damaged gzip file\n  it ends too early"
        ) { try read(Array(good[..<count]), [2_000]) }
      }
      var wrong = good
      wrong[500] ^= 1
      expectError(
        .invalidData, "z: is a damaged gzip file\n  zlib says: incorrect data check"
      ) { try read(wrong, [2_000]) }
      expectError(
        .invalidData, "z: is a damaged gzip file\n  zlib says: incorrect header check"
      ) { try read([0x1F, 0x8C] + good.dropFirst(2), [2_000]) }
    }

    @Test func idxFilesMayBePacked() throws {
      let images = Self.stored(Samples.idx([2, 1, 2], [1, 2, 3, 4]))
      let labels = Self.stored(Samples.idx([2], [0, 1]))
      func read(_ images: [UInt8]) throws -> IDXImages {
        try IDXImages(
          FileBytes(images, name: "i"), FileBytes(labels, name: "l"), classNames: nil)
      }
      #expect(try read(images).image(at: 1).pixels == [3, 4])
      expectError(.invalidData, "i: expected 20 bytes for 2 x 1 x 2, file has 19") {
        try read(Self.stored(Samples.idx([2, 1, 2], [1, 2, 3])))
      }
      expectError(.invalidData, "i: expected 20 bytes for 2 x 1 x 2, file has 25") {
        try read(Self.stored(Samples.idx([2, 1, 2], Array(0..<9))))
      }
      // A bomb: much more data than the header announces is counted only up to a bound.
      let bomb = Self.stored(Samples.idx([1, 1, 1], [UInt8](repeating: 0, count: 5 << 20)))
      expectError(
        .invalidData, "i: expected 17 bytes for 1 x 1 x 1, file has more than 1048593"
      ) { try read(bomb) }
      expectError(
        .invalidData, "i: announces 65536 x 65536 x 16 bytes\n  the limit is 4294967296"
      ) { try read(Self.stored(Samples.idx([65_536, 65_536, 16], []))) }
      // Announced but not there: nothing like the announced memory is taken.
      expectError(
        .invalidData, "i: expected 4000000016 bytes for 40000 x 1000 x 100, file has 16"
      ) { try read(Self.stored(Samples.idx([40_000, 1_000, 100], []))) }
      survivesMutations(of: images) { _ = try read($0) }
    }
  #else
    @Test func saysHowToBuildItIn() {
      expectError(
        .unsupported,
        "z: is a gzip file, which this build cannot read\n"
          + "  it was built without the trait Zlib\n"
          + "  unpack it with gunzip, or install zlib1g-dev and build with --traits Zlib"
      ) { try IDXArray(FileBytes(Self.stored([1]), name: "z"), rank: 1...1) }
    }
  #endif
}
