import ConvNetGraph
import Testing

@testable import ConvNetFormats

@Suite struct JPEGTests {
  #if JPEG
    private func read(
      _ bytes: [UInt8], _ change: (inout ImageDecodingOptions) -> Void = { _ in }
    ) throws -> Image {
      var options = ImageDecodingOptions()
      change(&options)
      return try Image(decoding: FileBytes(bytes, name: "j"), options: options)
    }

    @Test(arguments: [
      "420.jpg", "422.jpg", "444.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg",
    ])
    func decodesAsPillow(name: String) throws {
      let image = try read(Fixtures.bytes("file/" + name))
      let difference = try #require(
        try largestDifference(image, Fixtures.image("pixels/" + name)))
      print("JPEG \(name): largest difference from Pillow \(difference)")
      #expect(difference <= 2)
    }

    @Test(arguments: 1...8) func appliesTheOrientation(orientation: Int) throws {
      let bytes = try Fixtures.bytes("file/exif\(orientation).jpg")
      let stored = try read(bytes) { $0.appliesOrientation = false }
      let upright = try read(bytes)
      let expected = try Fixtures.image("pixels/exif\(orientation).jpg")
      let turned = try Fixtures.image("upright/exif\(orientation).jpg")
      #expect(try #require(largestDifference(stored, expected)) <= 2)
      #expect(try #require(largestDifference(upright, turned)) <= 2)
    }

    @Test func cutFilesAreErrorsAtEveryLength() throws {
      for name in ["420.jpg", "progressive.jpg"] {
        let bytes = try Fixtures.bytes("file/" + name)
        for count in 2..<bytes.count {
          let error = thrownError { try read(Array(bytes[..<count])) }
          #expect(error?.kind == .invalidData)
        }
      }
      let error = thrownError { try read(Array(Fixtures.bytes("file/420.jpg").dropLast(2))) }
      #expect(error?.description.hasPrefix("j: is damaged\n  libturbojpeg says: ") == true)
    }

    @Test func sizesAreCheckedBeforeMemoryIsTaken() throws {
      var bytes = try Fixtures.bytes("file/420.jpg")
      expectError(
        .invalidData,
        "j: the picture is 45 x 30 pixels\n  the limit is 1349 pixels\n"
          + "  raise it if the file is trusted"
      ) { try read(bytes) { $0.pixelLimit = 1349 } }
      // The frame header holds height and width behind marker, length and precision.
      let frame = try #require(
        bytes.indices.dropLast().first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
      bytes.replaceSubrange((frame + 5)..<(frame + 9), with: [0xFF, 0xDC, 0xFF, 0xDC])
      expectError(
        .invalidData,
        "j: the picture is 65500 x 65500 pixels\n  the limit is 100000000 pixels\n"
          + "  raise it if the file is trusted"
      ) { try read(bytes) }
      bytes.replaceSubrange((frame + 5)..<(frame + 9), with: [0x27, 0x10, 0x27, 0x10])
      expectError(
        .invalidData,
        "j: is damaged\n  \(bytes.count) bytes of data cannot fill 10000 x 10000 pixels"
      ) { try read(bytes) }
      bytes.replaceSubrange((frame + 5)..<(frame + 9), with: [0, 0, 0, 0])
      #expect(throws: ConvNetError.self) { try read(bytes) }
    }

    @Test func manyScansAreRefused() throws {
      let bytes = try Fixtures.bytes("file/progressive.jpg")
      let scan = try #require(
        bytes.indices.dropLast().last { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA })
      let part = bytes[scan..<(bytes.count - 2)]
      var bomb = Array(bytes[..<(bytes.count - 2)])
      for _ in 0..<5_000 { bomb += part }
      bomb += [0xFF, 0xD9]
      let clock = ContinuousClock()
      let start = clock.now
      #expect(throws: ConvNetError.self) { try read(bomb) }
      #expect(clock.now - start < .seconds(5))
    }

    @Test func oddFilesAreErrors() {
      let cases: [[UInt8]] = [
        [0xFF, 0xD8], [0xFF, 0xD8, 0xFF], [0xFF, 0xD8, 0xFF, 0xD9],
        [0xFF, 0xD8, 0xFF, 0xE1, 0, 0], [0xFF, 0xD8, 0xFF, 0xE1, 0xFF, 0xFF],
        [0xFF, 0xD8, 0xFF, 0xDB, 0, 2], [0xFF, 0xD8] + [UInt8](repeating: 0xFF, count: 100_000),
        [0xFF, 0xD8] + [UInt8](repeating: 0, count: 100_000),
      ]
      for bytes in cases {
        #expect(throws: ConvNetError.self) { try read(bytes) }
      }
    }

    @Test func survivesDamage() throws {
      for name in ["420.jpg", "progressive.jpg", "exif6.jpg"] {
        let bytes = try Fixtures.bytes("file/" + name)
        survivesMutations(of: bytes, focus: bytes.count) { bytes in
          _ = try read(bytes) { $0.pixelLimit = 1_000_000 }
        }
      }
    }

    @Test(.enabled(if: Shared.has("images-odd"))) func readsTheSharedFiles() throws {
      let expected = try SafetensorsFile(path: Shared.file("images-odd/expected.safetensors"))
      var worst = 0
      for entry in expected.entries where entry.name.hasSuffix(".jpg") {
        var options = ImageDecodingOptions(color: .rgb)
        options.appliesOrientation = false
        let image = try Image(
          path: Shared.file("images-odd/files/" + entry.name), options: options)
        let difference = try #require(
          try largestDifference(image, Fixtures.image(entry.name, in: expected)))
        worst = max(worst, difference)
        #expect(difference <= 4, "\(entry.name)")
        guard expected.entry(named: entry.name + "/upright") != nil else { continue }
        let upright = try Image(path: Shared.file("images-odd/files/" + entry.name))
        let turned = try Fixtures.image(entry.name + "/upright", in: expected)
        #expect(try #require(largestDifference(upright, turned)) <= 4)
      }
      print("images-odd, JPEG: largest difference \(worst)")
    }
  #else
    @Test func saysHowToBuildItIn() {
      expectError(
        .unsupported,
        "j: is a JPEG, which this build cannot read\n  it was built without the trait JPEG\n"
          + "  install libturbojpeg0-dev and build with --traits JPEG"
      ) { try Image(decoding: FileBytes([0xFF, 0xD8, 0xFF], name: "j")) }
    }
  #endif
}
