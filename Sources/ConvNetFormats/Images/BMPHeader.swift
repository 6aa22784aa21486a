internal import ConvNetGraph

/// What a BMP file says in front of its pixels (Microsoft's BITMAPCOREHEADER, BITMAPINFOHEADER and
/// their later forms).
struct BMPHeader {
  /// How the pixels are stored.
  enum Coding {
    /// Rows of pixels, each padded to four bytes.
    case plain
    /// Runs of equal pixels.
    case runs
  }

  /// Where a channel's bits are in a pixel of 16 or 32 bits.
  struct Mask {
    let shift: Int
    /// The largest value.
    let maximum: Int

    /// The bits as they stand in the file; they must be neighbours.
    init?(bits: UInt32) {
      guard bits != 0 else {
        (shift, maximum) = (0, 0)
        return
      }
      shift = bits.trailingZeroBitCount
      maximum = Int(bits >> UInt32(shift))
      guard maximum & (maximum + 1) == 0 else { return nil }
    }

    /// The channel of a pixel on the scale of 0...255, rounded down as Pillow does.
    func sample(_ pixel: UInt32) -> UInt8 {
      guard maximum > 0 else { return 0 }
      let value = Int(pixel >> UInt32(shift)) & maximum
      return UInt8(truncatingIfNeeded: value * 255 / maximum)
    }
  }

  let width: Int
  let height: Int
  /// Whether the first row is the uppermost; otherwise the lowest, which is usual.
  let isTopDown: Bool
  let bitsPerPixel: Int
  let coding: Coding
  /// Red, green, blue, alpha; empty where pixels are bytes or palette positions.
  let masks: [Mask]
  /// Red, green and blue of each colour, for up to 8 bits per pixel.
  let palette: [[UInt8]]
  let dataOffset: Int
  /// The bytes of a row without run lengths.
  var rowSize: Int { (width * bitsPerPixel + 31) / 32 * 4 }

  init(_ bytes: FileBytes) throws(ConvNetError) {
    let name = bytes.name
    let what = "the header"
    func invalid(_ reason: String) -> ConvNetError {
      ConvNetError(.invalidData, "\(name): is damaged", reason: reason)
    }
    var reader = ByteReader(bytes)
    _ = try reader.take(10, what)
    dataOffset = Int(try reader.littleEndian(UInt32.self, what))
    let size = Int(try reader.littleEndian(UInt32.self, what))
    guard [12, 40, 52, 56, 64, 108, 124].contains(size) else {
      throw ConvNetError(.unsupported, "\(name): is a BMP with an unknown header of \(size) bytes")
    }
    var compression = 0
    var colors = 0
    if size == 12 {
      width = Int(try reader.littleEndian(UInt16.self, what))
      height = Int(try reader.littleEndian(UInt16.self, what))
      isTopDown = false
    } else {
      width = Int(try reader.littleEndian(Int32.self, what))
      let signed = Int(try reader.littleEndian(Int32.self, what))
      height = abs(signed)
      isTopDown = signed < 0
    }
    _ = try reader.take(2, what)
    bitsPerPixel = Int(try reader.littleEndian(UInt16.self, what))
    if size > 12 {
      compression = Int(try reader.littleEndian(UInt32.self, what))
      _ = try reader.take(12, what)
      colors = Int(try reader.littleEndian(UInt32.self, what))
      _ = try reader.take(4, what)
    }
    switch (compression, bitsPerPixel) {
    case (0, 1), (0, 4), (0, 8), (0, 16), (0, 24), (0, 32), (3, 16), (3, 32), (6, 16), (6, 32):
      coding = .plain
    case (1, 8), (2, 4): coding = .runs
    case (0...3, _), (6, _):
      throw invalid("\(bitsPerPixel) bits per pixel with compression \(compression)")
    default:
      throw ConvNetError(
        .unsupported, "\(name): is a BMP with compression \(compression)",
        reason: "read are plain pixels and run lengths")
    }
    guard coding == .plain || !isTopDown else { throw invalid("run lengths from top to bottom") }
    masks = try BMPHeader.masks(
      &reader, compression: compression, bitsPerPixel: bitsPerPixel, headerSize: size)
    guard bitsPerPixel <= 8 else {
      palette = []
      return
    }
    // Behind the header and, with the shortest one, behind its masks, which only 16 and 32 bits have.
    try reader.seek(to: 14 + size, "the palette")
    let most = 1 << bitsPerPixel
    guard colors <= most else { throw invalid("\(colors) colours for \(bitsPerPixel) bits") }
    var palette: [[UInt8]] = []
    for _ in 0..<(colors == 0 ? most : colors) {
      let entry = try reader.array(size == 12 ? 3 : 4, "the palette")
      palette.append([entry[2], entry[1], entry[0]])
    }
    self.palette = palette
  }

  private static func masks(
    _ reader: inout ByteReader, compression: Int, bitsPerPixel: Int, headerSize: Int
  ) throws(ConvNetError) -> [Mask] {
    guard bitsPerPixel == 16 || bitsPerPixel == 32 else { return [] }
    var bits: [UInt32]
    if compression == 0 {
      bits =
        bitsPerPixel == 16 ? [0x7C00, 0x3E0, 0x1F, 0] : [0xFF_0000, 0xFF00, 0xFF, 0]
    } else {
      bits = []
      // The shortest header has its masks behind it, without one for alpha.
      let count = compression == 6 || headerSize >= 56 ? 4 : 3
      for _ in 0..<count { bits.append(try reader.littleEndian(UInt32.self, "the masks")) }
      if count == 3 { bits.append(0) }
    }
    var masks: [Mask] = []
    for mask in bits {
      guard let mask = Mask(bits: mask) else {
        throw ConvNetError(
          .invalidData, "\(reader.bytes.name): is damaged",
          reason: "the bits of a channel are not neighbours")
      }
      masks.append(mask)
    }
    return masks
  }
}
