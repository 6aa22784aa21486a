internal import ConvNetGraph

/// The binary Netpbm formats P5 (grey) and P6 (colour): a text header, then the samples.
extension Image {
  static func decodePNM(
    _ bytes: FileBytes, options: ImageDecodingOptions
  ) throws(ConvNetError) -> Image {
    var header = PNMHeaderReader(reader: ByteReader(bytes))
    let channels = try header.magic() == UInt8(ascii: "5") ? 1 : 3
    let width = try header.number("the width")
    let height = try header.number("the height")
    let maximum = try header.number("the largest value")
    guard (1...65535).contains(maximum) else {
      throw ConvNetError(
        .invalidData, "\(bytes.name): the largest value is \(maximum)",
        reason: "it must be in 1...65535")
    }
    try checkSize(width: width, height: height, limit: options.pixelLimit, name: bytes.name)
    let sampleSize = maximum > 255 ? 2 : 1
    let count = width * height * channels
    let start = header.reader.offset
    guard bytes.count - start == count * sampleSize else {
      throw ConvNetError(
        .invalidData,
        "\(bytes.name): expected \(start + count * sampleSize) bytes for "
          + "\(width) x \(height) x \(channels), file has \(bytes.count)")
    }
    let pixels = bytes.withUnsafeBytes { raw in
      if maximum == 255 { return [UInt8](raw[start...]) }
      return (0..<count).map { index in
        let value =
          sampleSize == 1
          ? Int(raw[start + index])
          : Int(raw[start + 2 * index]) << 8 | Int(raw[start + 2 * index + 1])
        return UInt8(truncatingIfNeeded: (min(value, maximum) * 255 + maximum / 2) / maximum)
      }
    }
    return Image(checkedWidth: width, height: height, channels: channels, pixels: pixels)
  }

  /// The picture as a PPM file (P6), or as a PGM file (P5) where it is grey; alpha is laid on
  /// white.
  public var pnmBytes: [UInt8] {
    let image = withoutAlpha
    let header = "P\(image.channels == 1 ? 5 : 6)\n\(width) \(height)\n255\n"
    return Array(header.utf8) + image.pixels
  }
}

private struct PNMHeaderReader {
  var reader: ByteReader

  /// The digit behind the "P".
  mutating func magic() throws(ConvNetError) -> UInt8 {
    _ = try reader.byte("the header")
    return try reader.byte("the header")
  }

  /// The next number; space and comments in front of it are passed over, and so is the one byte
  /// of space behind it.
  mutating func number(_ what: String) throws(ConvNetError) -> Int {
    var byte = try reader.byte(what)
    guard isSpace(byte) || byte == UInt8(ascii: "#") || isDigit(byte) else { throw invalid(what) }
    while !isDigit(byte) {
      if byte == UInt8(ascii: "#") {
        while byte != UInt8(ascii: "\n") { byte = try reader.byte(what) }
      }
      guard isSpace(byte) else { throw invalid(what) }
      byte = try reader.byte(what)
    }
    var number = 0
    while isDigit(byte) {
      number = number * 10 + Int(byte - UInt8(ascii: "0"))
      guard number <= Int(Int32.max) else {
        throw ConvNetError(.invalidData, "\(reader.bytes.name): \(what) is too large")
      }
      byte = try reader.byte(what)
    }
    guard isSpace(byte) else { throw invalid(what) }
    return number
  }

  private func invalid(_ what: String) -> ConvNetError {
    ConvNetError(.invalidData, "\(reader.bytes.name): \(what) is not a number")
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }
}
