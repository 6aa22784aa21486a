import ConvNetFormats
import ConvNetGraph
import Testing

@Suite struct ByteFormTests {
  @Test func base64OfKnownTexts() {
    for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foobar", "Zm9vYmFy")] {
      #expect(Base64.encoded(Array(text.utf8)) == encoded)
      #expect(Base64.decoded(encoded) == Array(text.utf8))
    }
    #expect(Base64.decoded("Zg=a") == nil && Base64.decoded("Z*==") == nil)
  }

  @Test(arguments: [0, 1, 1000, 65_535, 65_536, 200_000])
  func compressedBytesComeBack(_ count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
    let small = Zlib.compressed(bytes)
    #expect(try Zlib.decompressed(small, limit: count, name: "test") == bytes)
    #expect(throws: ConvNetError.self) {
      try Zlib.decompressed(Array(small.dropLast(small.count / 2)), limit: count, name: "test")
    }
    guard count > 0 else { return }
    #expect(throws: ConvNetError.self) {
      try Zlib.decompressed(small, limit: count - 1, name: "test")
    }
  }

  @Test func writtenPNGsAreReadBack() throws {
    let pixels = (0..<5 * 4 * 3).map { UInt8($0 * 4) }
    let image = try Image(width: 5, height: 4, channels: 3, pixels: pixels)
    #if PNG
      #expect(try Image(decoding: FileBytes(IndexedPNG.bytes(of: image), name: "a")) == image)
      let indexed = IndexedPNG.bytes(
        width: 2, height: 1, indices: [1, 0], palette: [9, 8, 7, 1, 2, 3])
      #expect(try Image(decoding: FileBytes(indexed, name: "b")).pixels == [1, 2, 3, 9, 8, 7])
    #else
      #expect(IndexedPNG.bytes(of: image).starts(with: [0x89, 0x50]))
    #endif
  }
}
