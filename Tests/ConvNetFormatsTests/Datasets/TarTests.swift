import ConvNetGraph
import Testing

@testable import ConvNetFormats

@Suite struct TarTests {
  static let longName = String(repeating: "long", count: 40)

  static func pax(_ records: [String]) -> [UInt8] {
    let text = records.map { record in
      var length = record.utf8.count + 3
      while "\(length) \(record)\n".utf8.count != length { length += 1 }
      return "\(length) \(record)\n"
    }.joined()
    return Samples.tarEntry("PaxHeader", Array(text.utf8), type: "x")
  }

  static let good = Samples.tar([
    Samples.tarEntry("./train/", type: "5"),
    Samples.tarEntry("./train/cat/1.ppm", Samples.ppm(1)),
    Samples.tarEntry("./train/cat/2.ppm", Samples.ppm(2)),
    Samples.tarEntry("1.ppm", Samples.ppm(3), prefix: "train/dog"),
    Samples.tarEntry("././@LongLink", Array("val/dog/\(longName).ppm\0".utf8), type: "L"),
    Samples.tarEntry("val/dog/cut", Samples.ppm(4)),
    pax(["mtime=1.5", "path=val/cat/é\(longName).ppm"]),
    Samples.tarEntry("val/cat/cut", Samples.ppm(5)),
    Samples.tarEntry("LICENSE", [65]),
  ])

  @Test func readsInPlace() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.good, to: "pictures.tar")
    let data = try Dataset.detect(path)
    #expect(data.kind == .archive)
    #expect(data.classNames == ["cat", "dog"])
    let training = try #require(data.training)
    #expect(training.labels == [0, 0, 1])
    let values = try (0..<3).map { try training.image(at: $0).pixels[0] }
    #expect(values == [1, 2, 3])
    let validation = try #require(data.parts[.validation])
    #expect(validation.name(at: 0) == "val/cat/é\(Self.longName).ppm")
    #expect(validation.name(at: 1) == "val/dog/\(Self.longName).ppm")
    let others = try (0..<2).map { try validation.image(at: $0).pixels[0] }
    #expect(others == [5, 4])
  }

  @Test func picturesOfATarAreNamedInErrors() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      Samples.tar([Samples.tarEntry("a/1.jpg", Array("GIF89a".utf8))]), to: "p.tar")
    let data = try Dataset.detect(path)
    expectError(
      .unsupported,
      "\(path): a/1.jpg: is a GIF\n  the pictures that are read are JPEG, PNG, WebP, BMP, PPM and PGM"
    ) { try data.training?.image(at: 0) }
  }

  @Test func readsSizesInBinaryAndTarsWithoutAnEnd() throws {
    let data = Samples.ppm(1)
    var entry = Samples.tarEntry("a/1.ppm", data)
    // The binary form of the size, and the checksum again.
    for index in 124..<136 { entry[index] = 0 }
    entry[124] = 0x80
    entry[135] = UInt8(data.count)
    for index in 148..<156 { entry[index] = 0x20 }
    let sum = entry[..<512].reduce(0) { $0 + Int($1) }
    for (index, byte) in "0\(String(sum, radix: 8))\0 ".utf8.enumerated() {
      entry[148 + index] = byte
    }
    let archive = try TarArchive(FileBytes(entry, name: "t"))
    #expect(archive.entries.map(\.name) == ["a/1.ppm"])
    #expect(try archive.bytes(of: archive.entries[0]).count == data.count)
    // The last entry's padding and the two closing blocks are missing.
    let cut = try TarArchive(FileBytes(Array(entry[..<(512 + data.count)]), name: "t"))
    #expect(cut.entries.count == 1)
  }

  /// What is refused: the file and the error's text.
  static let wrong: [([UInt8], String)] = [
    (Array(good[..<700]), "t: is a damaged tar file\n  the entry at byte 512 is cut short"),
    (
      Samples.tarEntry("a/1.ppm", Samples.ppm(1), size: "77777777777"),
      "t: is a damaged tar file\n  the entry at byte 0 reaches behind the end"
    ),
    (
      Samples.tarEntry("a/1.ppm", Samples.ppm(1), size: "00000zz"),
      "t: is a damaged tar file\n  the entry at byte 124 has a wrong size"
    ),
    (
      Samples.tarEntry("a/1.ppm", Samples.ppm(1), size: "-0000001"),
      "t: is a damaged tar file\n  the entry at byte 124 has a wrong size"
    ),
    (
      Samples.tarEntry("../a/1.ppm", Samples.ppm(1)),
      "t: is a damaged tar file\n  the entry at byte 0 has the name \"../a/1.ppm\""
    ),
    (
      Samples.tarEntry("/etc/passwd", [1]),
      "t: is a damaged tar file\n  the entry at byte 0 has the name \"/etc/passwd\""
    ),
    (
      Samples.tarEntry("a/link", type: "2"),
      "t: \"a/link\" is a symbolic link\n  only files and folders are read from a tar file"
    ),
    (
      Samples.tarEntry("a/link", type: "1"),
      "t: \"a/link\" is a hard link\n  only files and folders are read from a tar file"
    ),
    (
      Samples.tarEntry("a/tty", type: "3"),
      "t: \"a/tty\" is a device\n  only files and folders are read from a tar file"
    ),
    (
      Samples.tarEntry("a/pipe", type: "6"),
      "t: \"a/pipe\" is a named pipe\n  only files and folders are read from a tar file"
    ),
    (
      Samples.tarEntry("a/sparse", type: "S"),
      "t: \"a/sparse\" is an entry of an unknown type\n"
        + "  only files and folders are read from a tar file"
    ),
    (
      Samples.tarEntry("x", Array("99 path=a\n".utf8), type: "x"),
      "t: is a damaged tar file\n  the entry at byte 0 has a damaged pax header"
    ),
    (
      Samples.tarEntry("x", Array("path=a\n".utf8), type: "x"),
      "t: is a damaged tar file\n  the entry at byte 0 has a damaged pax header"
    ),
    (
      pax(["size=-1"]) + Samples.tarEntry("a", [1]),
      "t: is a damaged tar file\n  the entry at byte 0 has a wrong size"
    ),
    (
      pax(["size=99999999999999999999"]) + Samples.tarEntry("a", [1]),
      "t: is a damaged tar file\n  the entry at byte 0 has a wrong size"
    ),
    (
      pax(["size=9223372036854775807"]) + Samples.tarEntry("a", [1]),
      "t: is a damaged tar file\n  the entry at byte 1024 reaches behind the end"
    ),
    (
      Samples.tarEntry("L", [UInt8](repeating: 65, count: 70_000), type: "L"),
      "t: is a damaged tar file\n  the entry at byte 0 has a name that is too long"
    ),
    (
      Samples.tarEntry("x", [UInt8](repeating: 65, count: 1_100_000), type: "x"),
      "t: is a damaged tar file\n  the entry at byte 0 has a header that is too long"
    ),
    (
      Samples.tarEntry("a/1.ppm", [1]) + [UInt8](repeating: 7, count: 512),
      "t: is a damaged tar file\n  the entry at byte 1024 has a wrong checksum"
    ),
  ]

  @Test(arguments: wrong.indices) func refuses(index: Int) {
    let (bytes, text) = Self.wrong[index]
    let error = thrownError { try TarArchive(FileBytes(bytes, name: "t")) }
    #expect(error?.description == text)
  }

  @Test func refusesEmptyClassesAndPackedArchives() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      Samples.tar([
        Samples.tarEntry("a/1.ppm", Samples.ppm(1)), Samples.tarEntry("b/", type: "5"),
      ]), to: "p.tar")
    expectError(
      .invalidData,
      "\(path)/b: holds no picture\n  names of pictures end with .jpg, .jpeg, .png, .webp, "
        + ".bmp, .ppm, .pgm, .pnm\n  remove the folder or put pictures into it"
    ) { try Dataset.detect(path) }
    let packed = try folder.write([0x1F, 0x8B, 8, 0], to: "p.tar.gz")
    expectError(
      .unsupported,
      "\(packed): is a gzip file\n  packed archives are not read in place\n"
        + "  unpack it with gunzip first"
    ) { try Dataset.detect(packed) }
  }

  @Test func survivesDamage() throws {
    survivesMutations(of: Self.good, focus: 5_000) { bytes in
      let archive = try TarArchive(FileBytes(bytes, name: "t"))
      for entry in archive.entries { _ = try archive.bytes(of: entry) }
    }
  }

  @Test(.enabled(if: Shared.has("clothing"))) func indexesTheClothingPhotos() throws {
    let data = try Dataset.detect(Shared.file("clothing/clothing96_train_validation.tar"))
    #expect(data.classNames.count == 10)
    #expect(data.training?.count == 3_068)
    #expect(data.parts[.validation]?.count == 341)
    #expect(data.notes.isEmpty)
    let few = try Dataset.detect(Shared.file("clothing/clothing_original_30.tar"))
    #expect(few.classNames == data.classNames)
    #expect((few.training?.count ?? 0) + (few.evaluation?.count ?? 0) == 30)
    #if JPEG
      let image = try #require(try few.training?.image(at: 0))
      #expect((image.width, image.height, image.channels) == (400, 533, 3))
      let source = try #require(data.training)
      for index in stride(from: 0, to: source.count, by: 37) {
        let image = try source.image(at: index)
        #expect(min(image.width, image.height) == 96)
      }
    #endif
  }
}
