internal import ConvNetGraph

/// BMP: 1 to 32 bits per pixel, palettes, run lengths, rows in either order.
extension Image {
  static func decodeBMP(
    _ bytes: FileBytes, options: ImageDecodingOptions
  ) throws(ConvNetError) -> Image {
    let header = try BMPHeader(bytes)
    try checkSize(
      width: header.width, height: header.height, limit: options.pixelLimit, name: bytes.name)
    if header.bitsPerPixel <= 8 {
      let positions =
        header.coding == .runs
        ? try BMPRuns.positions(bytes, header) : try plainPositions(bytes, header)
      return try colored(positions, header, name: bytes.name)
    }
    let rows = try rowBytes(bytes, header)
    let hasAlpha = header.masks.count == 4 && header.masks[3].maximum > 0
    let channels = hasAlpha ? 4 : 3
    var pixels = [UInt8](repeating: 0, count: header.width * header.height * channels)
    let pixelSize = header.bitsPerPixel / 8
    forEachRow(bytes, rows, header) { row, source in
      var target = row * header.width * channels
      for column in 0..<header.width {
        let place = column * pixelSize
        if pixelSize == 3 {
          for channel in 0..<3 { pixels[target + channel] = source[place + 2 - channel] }
        } else {
          let pixel =
            pixelSize == 2
            ? UInt32(source.loadUnaligned(fromByteOffset: place, as: UInt16.self).littleEndian)
            : source.loadUnaligned(fromByteOffset: place, as: UInt32.self).littleEndian
          for channel in 0..<channels {
            pixels[target + channel] = header.masks[channel].sample(pixel)
          }
        }
        target += channels
      }
    }
    return Image(
      checkedWidth: header.width, height: header.height, channels: channels, pixels: pixels)
  }

  /// The palette's positions, rows from the top.
  private static func plainPositions(
    _ bytes: FileBytes, _ header: BMPHeader
  ) throws(ConvNetError) -> [UInt8] {
    let rows = try rowBytes(bytes, header)
    var positions = [UInt8](repeating: 0, count: header.width * header.height)
    let bits = header.bitsPerPixel
    let perByte = 8 / bits
    forEachRow(bytes, rows, header) { row, source in
      for column in 0..<header.width {
        // The first pixel is in the highest bits.
        let shift = 8 - bits * (column % perByte + 1)
        let position = Int(source[column / perByte]) >> shift & ((1 << bits) - 1)
        positions[row * header.width + column] = UInt8(truncatingIfNeeded: position)
      }
    }
    return positions
  }

  /// Where the rows are, all of them; known before memory is taken for the pixels.
  private static func rowBytes(
    _ bytes: FileBytes, _ header: BMPHeader
  ) throws(ConvNetError) -> Range<Int> {
    var reader = ByteReader(bytes)
    try reader.seek(to: header.dataOffset, "the pixels")
    return try reader.take(header.rowSize * header.height, "the pixels")
  }

  /// Calls a closure with the place from the top and the bytes of each row.
  private static func forEachRow(
    _ bytes: FileBytes, _ rows: Range<Int>, _ header: BMPHeader,
    _ body: (_ row: Int, _ source: UnsafeRawBufferPointer) -> Void
  ) {
    let size = header.rowSize
    bytes.withUnsafeBytes { raw in
      for row in 0..<header.height {
        let start = rows.lowerBound + row * size
        body(
          header.isTopDown ? row : header.height - 1 - row,
          UnsafeRawBufferPointer(rebasing: raw[start..<(start + size)]))
      }
    }
  }

  /// A picture of a palette's colours; grey where all of them are.
  private static func colored(
    _ positions: [UInt8], _ header: BMPHeader, name: String
  ) throws(ConvNetError) -> Image {
    let largest = Int(positions.max() ?? 0)
    guard largest < header.palette.count else {
      throw ConvNetError(
        .invalidData, "\(name): is damaged",
        reason: "a pixel has colour \(largest) of \(header.palette.count)")
    }
    let isGray = header.palette.allSatisfy { $0[0] == $0[1] && $0[1] == $0[2] }
    let channels = isGray ? 1 : 3
    var pixels: [UInt8] = []
    pixels.reserveCapacity(positions.count * channels)
    for position in positions {
      pixels.append(contentsOf: header.palette[Int(position)].prefix(channels))
    }
    return Image(
      checkedWidth: header.width, height: header.height, channels: channels, pixels: pixels)
  }
}

/// BMP's run lengths of 8 or 4 bits (BI_RLE8, BI_RLE4).
private struct BMPRuns {
  private var reader: ByteReader
  private let header: BMPHeader
  private var positions: [UInt8]
  private var (column, row) = (0, 0)

  /// The palette's positions, rows from the top; what no run reaches has colour 0.
  static func positions(_ bytes: FileBytes, _ header: BMPHeader) throws(ConvNetError) -> [UInt8] {
    var reader = ByteReader(bytes)
    try reader.seek(to: header.dataOffset, "the pixels")
    var runs = BMPRuns(
      reader: reader, header: header,
      positions: [UInt8](repeating: 0, count: header.width * header.height))
    try runs.decode()
    return runs.positions
  }

  private init(reader: ByteReader, header: BMPHeader, positions: [UInt8]) {
    self.reader = reader
    self.header = header
    self.positions = positions
  }

  private mutating func decode() throws(ConvNetError) {
    let isNarrow = header.bitsPerPixel == 4
    while row < header.height {
      let count = Int(try reader.byte("the pixels"))
      let value = try reader.byte("the pixels")
      if count > 0 {
        for index in 0..<count {
          put(isNarrow ? (index & 1 == 0 ? value >> 4 : value & 15) : value)
        }
        continue
      }
      switch value {
      case 0: (column, row) = (0, row + 1)
      case 1: return
      case 2:
        column += Int(try reader.byte("the pixels"))
        row += Int(try reader.byte("the pixels"))
      default:
        let size = isNarrow ? (Int(value) + 1) / 2 : Int(value)
        let literal = try reader.array(size, "the pixels")
        for index in 0..<Int(value) {
          guard isNarrow else {
            put(literal[index])
            continue
          }
          put(index & 1 == 0 ? literal[index / 2] >> 4 : literal[index / 2] & 15)
        }
        // Such a row of pixels ends at an even place.
        if size & 1 == 1 { _ = try reader.byte("the pixels") }
      }
    }
  }

  /// The next pixel; some programs write more of them than a row has.
  private mutating func put(_ position: UInt8) {
    if column < header.width {
      positions[(header.height - 1 - row) * header.width + column] = position
    }
    column += 1
  }
}
