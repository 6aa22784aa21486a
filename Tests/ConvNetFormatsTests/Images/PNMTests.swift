import ConvNetFormats
import ConvNetGraph
import Testing

@Suite struct PNMTests {
  private func read(_ text: String, _ data: [UInt8] = []) throws -> Image {
    try Image(decoding: FileBytes(Array(text.utf8) + data, name: "p"))
  }

  @Test func readsBackWhatWasWritten() throws {
    for channels in [1, 3] {
      let image = try Image(
        width: 5, height: 3, channels: channels, pixels: Samples.noise(15 * channels))
      #expect(try Image(decoding: FileBytes(image.pnmBytes, name: "p")) == image)
    }
  }

  @Test func readsCommentsAndOtherDepths() throws {
    #expect(try read("P5 # a\n#b\n 2\t1\r\n255\n", [7, 8]).pixels == [7, 8])
    #expect(try read("P5 2 1 1 ", [0, 1]).pixels == [0, 255])
    #expect(try read("P5 2 1 100 ", [50, 200]).pixels == [128, 255])
    #expect(try read("P5 2 1 65535 ", [0x80, 0, 0xFF, 0xFF]).pixels == [128, 255])
  }

  @Test(arguments: [
    ("P5", "ends inside the width\n  1 bytes are needed at byte 2, 0 are left"),
    ("P5 2", "ends inside the width\n  1 bytes are needed at byte 4, 0 are left"),
    ("P5 2 x", "the height is not a number"),
    ("P5x2 1 255 ", "the width is not a number"),
    ("P5 -2 1 255 ", "the width is not a number"),
    ("P5 2.5 1 255 ", "the width is not a number"),
    ("P5 #", "ends inside the width\n  1 bytes are needed at byte 4, 0 are left"),
    ("P5 99999999999999999999 1 255 ", "the width is too large"),
    ("P5 2147483648 1 255 ", "the width is too large"),
    ("P5 0 1 255 ", "the picture is 0 x 1 pixels"),
    (
      "P6 60000 60000 255 ",
      "the picture is 60000 x 60000 pixels\n  the limit is 100000000 pixels\n"
        + "  raise it if the file is trusted"
    ),
    ("P5 2 1 0 ", "the largest value is 0\n  it must be in 1...65535"),
    ("P5 2 1 65536 ", "the largest value is 65536\n  it must be in 1...65535"),
    ("P5 2 1 255 a", "expected 13 bytes for 2 x 1 x 1, file has 12"),
    ("P5 2 1 255 abc", "expected 13 bytes for 2 x 1 x 1, file has 14"),
    ("P6 10000 10000 255 ", "expected 300000019 bytes for 10000 x 10000 x 3, file has 19"),
  ])
  func refuses(text: String, expected: String) {
    expectError(.invalidData, "p: " + expected) { try read(text) }
  }

  @Test(arguments: [
    ("GIF89a", "is a GIF"),
    ("RIFF1234WAVE", "is a RIFF file"),
    ("<!DOCTYPE html>", "is a web page or XML text"), ("P3 1 1", "is a text PNM"),
    ("II*\0", "is a TIFF"),
  ])
  func namesOtherKinds(text: String, expected: String) {
    expectError(
      .unsupported,
      "p: \(expected)\n  the pictures that are read are JPEG, PNG, WebP, BMP, PPM and PGM"
    ) { try read(text) }
  }

  @Test func refusesWhatIsNoPicture() {
    expectError(.invalidData, "p: is empty") { try read("") }
    expectError(
      .invalidData,
      "p: is not a picture that is known\n  the pictures that are read are JPEG, PNG, WebP, BMP, PPM and PGM"
    ) { try read("hello") }
  }

  @Test func survivesDamage() throws {
    let image = try Image(width: 5, height: 3, channels: 3, pixels: Samples.noise(45))
    survivesMutations(of: image.pnmBytes, count: 4_000, focus: 12) { bytes in
      _ = try Image(decoding: FileBytes(bytes, name: "p"))
    }
  }
}
