internal import ConvNetGraph

/// The chunks of a PNG file that decide about its pixels.
///
/// libpng gets only these: what a file carries besides (compressed texts and colour profiles that
/// grow a thousandfold, hundreds of thousands of chunks, a gamma that Pillow and PyTorch ignore)
/// cannot do harm then.
struct PNGStructure {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  let width: Int
  let height: Int
  let bitDepth: Int
  /// 0 grey, 2 colour, 3 palette, 4 grey with alpha, 6 colour with alpha.
  let colorType: Int
  /// Whether a palette or colour key makes pixels transparent.
  private(set) var hasTransparency = false
  /// EXIF's orientation, 1...8; 1 is upright.
  private(set) var orientation = 1
  /// The parts of the file to hand to libpng, in order.
  private(set) var kept: [Range<Int>] = []

  /// Walks over the chunks and checks that size, kind and amount of data are possible.
  init(_ bytes: FileBytes, pixelLimit: Int) throws(ConvNetError) {
    let name = bytes.name
    var reader = ByteReader(bytes)
    kept.append(try reader.take(PNGStructure.signature.count, "the signature"))
    guard try reader.bigEndian(UInt32.self, "the first chunk") == 13,
      try reader.array(4, "the first chunk") == Array("IHDR".utf8)
    else {
      throw ConvNetError(.invalidData, "\(name): is damaged", reason: "the PNG header is missing")
    }
    width = Int(try reader.bigEndian(UInt32.self, "the width"))
    height = Int(try reader.bigEndian(UInt32.self, "the height"))
    bitDepth = Int(try reader.byte("the bit depth"))
    colorType = Int(try reader.byte("the colour type"))
    try Image.checkSize(width: width, height: height, limit: pixelLimit, name: name)
    try reader.seek(to: PNGStructure.signature.count + 25, "the second chunk")
    kept.append(PNGStructure.signature.count..<reader.offset)

    var compressedSize = 0
    var isEnded = false
    while !isEnded {
      let start = reader.offset
      let length = Int(try reader.bigEndian(UInt32.self, "a chunk"))
      let type = String(decoding: try reader.array(4, "a chunk"), as: UTF8.self)
      let data = try reader.take(length, "chunk \(type.escapedForDisplay)")
      _ = try reader.take(4, "chunk \(type.escapedForDisplay)")
      switch type {
      case "PLTE": kept.append(start..<reader.offset)
      case "tRNS":
        hasTransparency = true
        kept.append(start..<reader.offset)
      case "IDAT":
        compressedSize += length
        kept.append(start..<reader.offset)
      case "IEND":
        isEnded = true
        kept.append(start..<reader.offset)
      case "eXIf": orientation = EXIF.orientation(in: bytes, data) ?? 1
      default: break
      }
    }
    // Deflate makes at most 1032 bytes of one: a few bytes cannot fill a large picture.
    let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType] ?? 1
    let rawSize = height * ((width * channels * max(1, min(bitDepth, 16)) + 7) / 8 + 1)
    guard compressedSize >= rawSize / 1032 else {
      throw ConvNetError(
        .invalidData, "\(name): is damaged",
        reason: "\(compressedSize) bytes of data cannot fill \(width) x \(height) pixels")
    }
  }

  /// The file without the chunks that are left out.
  func filtered(_ bytes: FileBytes) -> [UInt8] {
    bytes.withUnsafeBytes { raw in
      var result: [UInt8] = []
      result.reserveCapacity(kept.reduce(0) { $0 + $1.count })
      for range in kept { result.append(contentsOf: raw[range]) }
      return result
    }
  }
}
