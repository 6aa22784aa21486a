import ConvNetFormats
import Testing

/// The examples of FIPS 180-4 and the lengths around a block's end.
@Suite struct SHA256Tests {
  private func sum(_ bytes: [UInt8]) -> String {
    bytes.withUnsafeBytes { SHA256.hexadecimal($0) }
  }

  @Test func knownSums() {
    #expect(sum([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      sum(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      sum(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      sum([UInt8](repeating: 0x61, count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func piecesMakeNoDifference() {
    for count in [54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 200] {
      let bytes = Samples.noise(count)
      for piece in [1, 7, 64, 100] {
        var checksum = SHA256()
        for start in stride(from: 0, to: count, by: piece) {
          bytes[start..<min(start + piece, count)].withUnsafeBytes { checksum.update($0) }
        }
        #expect(checksum.hexadecimal == sum(bytes), "\(count) bytes in pieces of \(piece)")
      }
    }
  }
}
