import ConvNetGraph
import Testing

@testable import ConvNetFormats

#if Zlib
  /// Compressed entries, as Python packages have them.
  @Suite struct ZipArchiveTests {
    static let text = Array("the wheel of a package".utf8)
    /// Deflated without a gzip header and ending.
    static let deflated = Array(GzipTests.stored(text).dropFirst(10).dropLast(8))
    static let checksum = text.withUnsafeBytes { CRC32.of($0) }

    /// A zip file with one compressed entry, whose unpacked size is patched into the directory.
    static func zip(
      _ packed: [UInt8] = deflated, size: Int = text.count, checksum: UInt32 = checksum
    ) -> [UInt8] {
      var bytes = ZipWriter.bytes(
        [.init(name: "a/b.txt", data: packed, method: 8, checksum: checksum)])
      // The unpacked size stands 24 bytes behind the beginning of the directory's entry.
      let mark: [UInt8] = [0x50, 0x4B, 1, 2]
      let directory = bytes.indices.first { bytes[$0...].starts(with: mark) } ?? 0
      let number = withUnsafeBytes(of: UInt32(size).littleEndian) { Array($0) }
      bytes.replaceSubrange((directory + 24)..<(directory + 28), with: number)
      return bytes
    }

    private func contents(_ bytes: [UInt8], limit: Int = 1 << 20) throws -> [UInt8] {
      let archive = try ZipArchive(FileBytes(bytes, name: "z"))
      let entry = try #require(archive.entry(named: "a/b.txt"))
      return try archive.contents(of: entry, limit: limit).withUnsafeBytes { Array($0) }
    }

    @Test func unpacksAndReadsStoredEntries() throws {
      #expect(try contents(Self.zip()) == Self.text)
      #expect(
        try contents(ZipWriter.bytes([.init(name: "a/b.txt", data: Self.text)])) == Self.text)
    }

    @Test func reportsDamage() {
      let place = "z: entry \"a/b.txt\": "
      expectError(.invalidData, place + "has a wrong checksum\n  the file is damaged") {
        try contents(Self.zip(checksum: 7))
      }
      let otherSize = place + "has another size than the directory says\n  "
      expectError(.invalidData, otherSize + "21 bytes are announced") {
        try contents(Self.zip(size: 21))
      }
      expectError(.invalidData, otherSize + "23 bytes are announced") {
        try contents(Self.zip(size: 23))
      }
      expectError(.invalidData, place + "has 22 bytes\n  the limit is 21 bytes") {
        try contents(Self.zip(), limit: 21)
      }
      let cut = thrownError { try contents(Self.zip(Array(Self.deflated.dropLast(3)))) }
      #expect(cut?.description.contains("is damaged\n  it ends too early") == true)
    }

    @Test func survivesDamage() {
      survivesMutations(of: Self.zip(), focus: 200) { bytes in
        let archive = try ZipArchive(FileBytes(bytes, name: "z"))
        for entry in archive.entries { _ = try archive.contents(of: entry, limit: 1 << 20) }
      }
    }
  }
#endif
