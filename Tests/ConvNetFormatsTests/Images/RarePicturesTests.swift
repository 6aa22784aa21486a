import ConvNetGraph
import Testing

@testable import ConvNetFormats

/// BMP, WebP, print files, camera data in other places than JPEG: all against Pillow's pixels.
@Suite struct RarePicturesTests {
  private let file: SafetensorsFile

  init() throws { file = try SafetensorsFile(path: Fixtures.rarePictures) }

  private func read(
    _ bytes: [UInt8], _ change: (inout ImageDecodingOptions) -> Void = { _ in }
  ) throws -> Image {
    var options = ImageDecodingOptions()
    options.keepsAlpha = true
    change(&options)
    return try Image(decoding: FileBytes(bytes, name: "p"), options: options)
  }

  /// The largest difference of our pixels from Pillow's.
  private func difference(_ name: String, _ set: String = "pixels") throws -> Int? {
    let expected = try Fixtures.image("\(set)/\(name)", in: file)
    let image = try read(Fixtures.bytes("file/\(name)", in: file)) {
      $0.appliesOrientation = set == "upright"
    }
    // A palette of greys is delivered as grey.
    let same = image.channels == expected.channels
    return largestDifference(same ? image : image.converted(to: .rgb), expected)
  }

  static let bitmaps = [
    "one", "grey", "palette", "colour", "unused", "alpha", "four", "two", "topdown", "555", "565",
    "bgrx",
    "core", "rle8", "rle4",
  ]

  @Test(arguments: bitmaps) func decodesBMPAsPillow(name: String) throws {
    #expect(try difference(name + ".bmp") == 0)
  }

  @Test func cutBitmapsAreErrorsAtEveryLength() throws {
    for name in Self.bitmaps {
      let bytes = try Fixtures.bytes("file/\(name).bmp", in: file)
      // These runs fill the picture before the two bytes that end it.
      for count in 2..<(name == "rle8" ? bytes.count - 2 : bytes.count) {
        let error = thrownError { try read(Array(bytes[..<count])) }
        #expect(error?.kind == .invalidData, "\(name) \(count)")
      }
    }
  }

  /// The bytes of "colour.bmp" or another one with some replaced.
  private func changed(
    _ name: String = "colour", at place: Int, _ bytes: [UInt8]
  ) throws -> [UInt8] {
    var data = try Fixtures.bytes("file/\(name).bmp", in: file)
    data.replaceSubrange(place..<(place + bytes.count), with: bytes)
    return data
  }

  @Test func wrongBitmapsAreErrors() throws {
    let huge = "\n  the limit is 100000000 pixels\n  raise it if the file is trusted"
    let cases: [([UInt8], String)] = [
      (try changed(at: 14, [41, 0, 0, 0]), "p: is a BMP with an unknown header of 41 bytes"),
      (try changed(at: 18, [0, 0, 0, 0]), "p: the picture is 0 x 38 pixels"),
      (
        try changed(at: 18, [0xFF, 0xFF, 0xFF, 0x7F]),
        "p: the picture is 2147483647 x 38 pixels" + huge
      ),
      (try changed(at: 18, [0xFF, 0xFF, 0xFF, 0xFF]), "p: the picture is -1 x 38 pixels"),
      (
        try changed(at: 22, [0, 0, 0, 0x80]), "p: the picture is 43 x 2147483648 pixels" + huge
      ),
      (
        try changed(at: 18, [0x80, 0x96, 0x98, 0]), "p: the picture is 10000000 x 38 pixels" + huge
      ),
      (try changed(at: 18, [0x10, 0x27, 0, 0]), "p: ends inside the pixels\n  1140000 bytes"),
      (try changed(at: 28, [7, 0]), "p: is damaged\n  7 bits per pixel with compression 0"),
      (try changed(at: 30, [1, 0, 0, 0]), "p: is damaged\n  24 bits per pixel with compression 1"),
      (try changed(at: 30, [4, 0, 0, 0]), "p: is a BMP with compression 4\n  read are plain"),
      (
        try changed(at: 10, [0xFF, 0xFF, 0xFF, 0xFF]),
        "p: the pixels is said to be at byte 4294967295"
      ),
      (try changed("grey", at: 46, [1, 1, 0, 0]), "p: is damaged\n  257 colours for 8 bits"),
      (try changed("grey", at: 46, [5, 0, 0, 0]), "p: is damaged\n  a pixel has colour"),
      (
        try changed("565", at: 54, [0x55, 0, 0, 0]),
        "p: is damaged\n  the bits of a channel are not neighbours"
      ),
      (
        try changed("rle8", at: 22, [0xFC, 0xFF, 0xFF, 0xFF]),
        "p: is damaged\n  run lengths from top to bottom"
      ),
    ]
    for (bytes, text) in cases {
      let error = thrownError { try read(bytes) }
      #expect(error?.description.hasPrefix(text) == true, "\(error?.description ?? "") / \(text)")
    }
  }

  @Test func bitmapsSurviveDamage() throws {
    for name in ["palette", "565", "rle4", "rle8", "alpha"] {
      survivesMutations(of: try Fixtures.bytes("file/\(name).bmp", in: file), focus: 64) { bytes in
        _ = try read(bytes) { $0.pixelLimit = 1_000_000 }
      }
    }
  }

  #if WebP
    @Test(arguments: ["lossless", "losslessalpha", "lossy", "alpha"])
    func decodesWebPAsPillow(name: String) throws {
      let difference = try #require(try difference(name + ".webp"))
      print("WebP \(name): largest difference from Pillow \(difference)")
      #expect(difference <= (name.hasPrefix("lossless") ? 0 : 1))
    }

    @Test func turnsWebP() throws {
      #expect(try difference("turned.webp") == 0)
      #expect(try difference("turned.webp", "upright") == 0)
    }

    @Test func wrongWebPsAreErrors() throws {
      let bytes = try Fixtures.bytes("file/lossless.webp", in: file)
      for count in 12..<bytes.count {
        #expect(thrownError { try read(Array(bytes[..<count])) }?.kind == .invalidData)
      }
      let lossy = try Fixtures.bytes("file/lossy.webp", in: file)
      for count in stride(from: 12, to: lossy.count - 1, by: 3) {
        #expect(thrownError { try read(Array(lossy[..<count])) }?.kind == .invalidData)
      }
      expectError(.unsupported, "p: is an animated WebP\n  single pictures are read") {
        try read(Fixtures.bytes("file/animated.webp", in: file))
      }
      expectError(
        .invalidData,
        "p: the picture is 43 x 38 pixels\n  the limit is 1633 pixels\n"
          + "  raise it if the file is trusted"
      ) { try read(lossy) { $0.pixelLimit = 1633 } }
      #expect(throws: ConvNetError.self) { try read(bytes) { $0.pixelLimit = 2000 } }
      expectError(
        .unsupported,
        "p: is a RIFF file\n  the pictures that are read are JPEG, PNG, WebP, BMP, PPM and PGM"
      ) { try read(Array("RIFF\0\0\0\0WAVE".utf8)) }
    }

    @Test func webPsSurviveDamage() throws {
      for name in ["lossy", "losslessalpha", "turned"] {
        let bytes = try Fixtures.bytes("file/\(name).webp", in: file)
        survivesMutations(of: bytes, focus: 64) { bytes in
          _ = try read(bytes) { $0.pixelLimit = 1_000_000 }
        }
      }
    }
  #else
    @Test func saysHowToBuildWebPIn() throws {
      let bytes = try Fixtures.bytes("file/lossy.webp", in: file)
      expectError(
        .unsupported,
        "p: is a WebP, which this build cannot read\n  it was built without the trait WebP\n"
          + "  install libwebp-dev and build with --traits WebP"
      ) { try read(bytes) }
    }
  #endif

  #if PNG
    @Test func turnsPNG() throws {
      #expect(try difference("turned.png") == 0)
      #expect(try difference("turned.png", "upright") == 0)
    }
  #endif

  #if JPEG
    @Test func decodesTheInksOfPrintFiles() throws {
      #expect(try #require(try difference("ycck.jpg")) <= 2)
    }
  #endif
}
