import ConvNetGraph
import Testing

@testable import ConvNetFormats

@Suite struct PNGTests {
  #if PNG
    private func read(
      _ bytes: [UInt8], _ change: (inout ImageDecodingOptions) -> Void = { _ in }
    ) throws -> Image {
      var options = ImageDecodingOptions()
      change(&options)
      return try Image(decoding: FileBytes(bytes, name: "p"), options: options)
    }

    /// A chunk with its length and checksum.
    private func chunk(_ type: String, _ data: [UInt8] = []) -> [UInt8] {
      func word(_ value: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(value).bigEndian) { Array($0) }
      }
      let body = Array(type.utf8) + data
      return word(data.count) + body + word(Int(body.withUnsafeBytes { CRC32.of($0) }))
    }

    private func header(
      _ width: UInt32, _ height: UInt32, depth: UInt8 = 8, color: UInt8 = 2
    ) -> [UInt8] {
      var data = withUnsafeBytes(of: width.bigEndian) { Array($0) }
      data += withUnsafeBytes(of: height.bigEndian) { Array($0) }
      return PNGStructure.signature + chunk("IHDR", data + [depth, color, 0, 0, 0])
    }

    @Test(arguments: ["rgb.png", "grey.png", "bits.png", "palette.png", "gamma.png"])
    func decodesAsPillow(name: String) throws {
      let image = try read(Fixtures.bytes("file/" + name))
      #expect(try largestDifference(image, Fixtures.image("pixels/" + name)) == 0)
    }

    @Test(arguments: ["rgba.png", "greyalpha.png", "palettealpha.png"])
    func keepsOrLaysOnWhite(name: String) throws {
      let bytes = try Fixtures.bytes("file/" + name)
      let expected = try Fixtures.image("pixels/" + name)
      #expect(try largestDifference(read(bytes) { $0.keepsAlpha = true }, expected) == 0)
      #expect(try read(bytes) == expected.withoutAlpha)
      #expect(try read(bytes) { $0.color = .gray }.channels == 1)
    }

    @Test func sixteenBitsGiveTheirUpperHalf() throws {
      let image = try read(Fixtures.bytes("file/grey16.png"))
      #expect(try largestDifference(image, Fixtures.image("pixels/grey16.png")) == 0)
    }

    @Test func readsBackWhatWasWritten() throws {
      for (width, height, channels) in [(1, 1, 1), (5, 3, 3), (300, 200, 3), (257, 1, 1)] {
        let image = try Image(
          width: width, height: height, channels: channels,
          pixels: Samples.noise(width * height * channels))
        #expect(try read(image.pngBytes()) == image)
      }
    }

    @Test func cutFilesAreErrorsAtEveryLength() throws {
      let bytes = try Fixtures.bytes("file/rgb.png")
      for count in 0..<bytes.count {
        #expect(throws: ConvNetError.self) { try read(Array(bytes[..<count])) }
      }
      expectError(
        .invalidData,
        "p: ends inside chunk IEND\n  4 bytes are needed at byte "
          + "\(bytes.count - 4), 3 are left"
      ) { try read(Array(bytes.dropLast())) }
    }

    @Test func wrongHeadersAreErrors() {
      let end = chunk("IDAT", [0]) + chunk("IEND")
      let huge = "\n  the limit is 100000000 pixels\n  raise it if the file is trusted"
      let cases: [([UInt8], String)] = [
        (header(0, 1) + end, "p: the picture is 0 x 1 pixels"),
        (header(1 << 31, 1 << 31) + end, "p: the picture is 2147483648 x 2147483648 pixels" + huge),
        (header(.max, .max) + end, "p: the picture is 4294967295 x 4294967295 pixels" + huge),
        (header(60_000, 60_000) + end, "p: the picture is 60000 x 60000 pixels" + huge),
        (
          header(30_000, 30_000, depth: 1, color: 0) + end,
          "p: the picture is 30000 x 30000 pixels" + huge
        ),
        (
          header(10_000, 10_000) + end,
          "p: is damaged\n  1 bytes of data cannot fill 10000 x 10000 pixels"
        ),
        (header(1, 1, depth: 3) + end, "p: is damaged\n  libpng says: "),
        (header(1, 1, color: 5) + end, "p: is damaged\n  libpng says: "),
        (header(1, 1, color: 3) + end, "p: is damaged\n  libpng says: "),
        (header(1, 1) + chunk("IEND"), "p: is damaged\n  libpng says: "),
        (header(1, 1) + end, "p: is damaged\n  libpng says: "),
        (PNGStructure.signature + end, "p: is damaged\n  the PNG header is missing"),
        (PNGStructure.signature, "p: ends inside the first chunk"),
      ]
      for (bytes, text) in cases {
        let error = thrownError { try read(bytes) }
        #expect(error?.description.hasPrefix(text) == true, "\(error?.description ?? "") / \(text)")
      }
    }

    @Test func aWrongChecksumIsAnError() throws {
      var bytes = try Fixtures.bytes("file/rgb.png")
      bytes[bytes.count - 20] ^= 1
      let error = thrownError { try read(bytes) }
      #expect(error?.description.hasPrefix("p: is damaged\n  libpng says: ") == true)
    }

    @Test func chunksBesideThePixelsDoNoHarm() throws {
      let bytes = try Fixtures.bytes("file/rgb.png")
      let expected = try Fixtures.image("pixels/rgb.png")
      var many = Array(bytes[..<33])
      for index in 0..<200_000 { many += chunk("tEXt", [65, 0, UInt8(index & 63) + 32]) }
      many += chunk("zTXt", Array("a\0\0".utf8) + [UInt8](repeating: 0, count: 10_000))
      many += chunk("iCCP", [1, 2, 3])
      many += bytes[33...]
      let clock = ContinuousClock()
      let start = clock.now
      #expect(try read(many) == expected)
      #expect(clock.now - start < .seconds(5))
    }

    @Test func survivesDamage() throws {
      for name in ["rgb.png", "palettealpha.png", "grey16.png"] {
        let bytes = try Fixtures.bytes("file/" + name)
        survivesMutations(of: bytes, focus: 64) { bytes in
          _ = try read(bytes) { $0.pixelLimit = 1_000_000 }
        }
      }
    }

    @Test(.enabled(if: Shared.has("images-odd"))) func readsTheSharedFiles() throws {
      let expected = try SafetensorsFile(path: Shared.file("images-odd/expected.safetensors"))
      var count = 0
      for entry in expected.entries where entry.name.hasSuffix(".png") {
        var options = ImageDecodingOptions()
        options.keepsAlpha = true
        let image = try Image(
          path: Shared.file("images-odd/files/" + entry.name), options: options)
        let wanted = try Fixtures.image(entry.name, in: expected)
        let same =
          image.channels == 4
          ? largestDifference(image, wanted)
          : largestDifference(image.converted(to: .rgb), wanted.withoutAlpha)
        #expect(same == 0, "\(entry.name): \(same ?? -1)")
        count += 1
      }
      #expect(count == 26)
    }
  #else
    @Test func saysHowToBuildItIn() throws {
      expectError(
        .unsupported,
        "p: is a PNG, which this build cannot read\n  it was built without the trait PNG\n"
          + "  install libpng-dev and build with --traits PNG"
      ) { try Image(decoding: FileBytes(PNGStructure.signature, name: "p")) }
      let image = try Image(width: 1, height: 1, channels: 1, pixels: [0])
      expectError(
        .unsupported,
        "this build cannot write PNG\n  it was built without the trait PNG\n"
          + "  install libpng-dev and build with --traits PNG, or write PPM"
      ) { try image.pngBytes() }
    }
  #endif
}
