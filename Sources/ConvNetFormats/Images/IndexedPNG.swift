/// PNG files of indexed or plain samples, written without libpng, so that every build can.
public enum IndexedPNG {
  /// A file whose pixels are places in a palette: the colours are in the file and show anywhere.
  ///
  /// - Parameters:
  ///   - indices: one per pixel, row after row, `width * height` of them.
  ///   - palette: red, green, blue of up to 256 colours.
  public static func bytes(
    width: Int, height: Int, indices: [UInt8], palette: [UInt8]
  ) -> [UInt8] {
    file(
      width: width, height: height, colorType: 3, samples: indices, perPixel: 1, palette: palette)
  }

  /// A file of a picture's own samples; alpha is laid on white.
  public static func bytes(of image: Image) -> [UInt8] {
    let image = image.channels == 4 ? image.converted(to: .rgb) : image
    return file(
      width: image.width, height: image.height, colorType: image.channels == 1 ? 0 : 2,
      samples: image.pixels, perPixel: image.channels, palette: [])
  }

  private static func file(
    width: Int, height: Int, colorType: UInt8, samples: [UInt8], perPixel: Int, palette: [UInt8]
  ) -> [UInt8] {
    var rows: [UInt8] = []
    let line = width * perPixel
    rows.reserveCapacity((line + 1) * height)
    for row in 0..<height {
      rows.append(0)
      rows += samples[(row * line)..<((row + 1) * line)]
    }
    var result = PNGStructure.signature
    append(
      "IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, colorType, 0, 0, 0],
      to: &result)
    if !palette.isEmpty { append("PLTE", palette, to: &result) }
    append("IDAT", Zlib.compressed(rows), to: &result)
    append("IEND", [], to: &result)
    return result
  }

  private static func append(_ kind: String, _ content: [UInt8], to file: inout [UInt8]) {
    let chunk = Array(kind.utf8) + content
    var sum = CRC32()
    chunk.withUnsafeBytes { sum.update($0) }
    file += bigEndian(UInt32(content.count)) + chunk + bigEndian(sum.value)
  }

  private static func bigEndian(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
  }
}
