public import ConvNetGraph

/// How a picture file is read.
public struct ImageDecodingOptions: Hashable, Sendable {
  /// The channels to deliver; nil delivers grey or colour as the file has it.
  public var color: ColorMode?
  /// Whether transparency is delivered as a fourth channel instead of laid on white. Has no effect
  /// where `color` is given.
  public var keepsAlpha = false
  /// Whether the picture is turned upright as its EXIF orientation says.
  ///
  /// PyTorch's and Pillow's plain `open` do not turn; for their pixels set this to false.
  public var appliesOrientation = true
  /// The largest number of pixels; a file that announces more is refused before memory is taken.
  public var pixelLimit = 100_000_000

  /// The usual way: as stored, on white, upright, up to 100 million pixels.
  public init(color: ColorMode? = nil) {
    self.color = color
  }
}

extension Image {
  /// The largest picture file that is opened.
  private static let fileSizeLimit = 1 << 30

  /// Reads a picture file.
  ///
  /// - Throws: ``ConvNetError``: the file's errors, or as ``init(decoding:options:)``.
  public init(
    path: String, options: ImageDecodingOptions = ImageDecodingOptions()
  ) throws(ConvNetError) {
    let bytes = try FileBytes(path: path, limit: Image.fileSizeLimit)
    try self.init(decoding: bytes, options: options)
  }

  /// Reads a picture from bytes: JPEG, PNG, WebP, BMP, PPM or PGM, told apart by their first bytes.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidData` where the bytes are damaged, cut short, too
  ///   large or no picture, `unsupported` where this build lacks the decoder.
  public init(
    decoding bytes: FileBytes, options: ImageDecodingOptions = ImageDecodingOptions()
  ) throws(ConvNetError) {
    let image: Image
    if bytes.hasPrefix([0xFF, 0xD8]) {
      image = try Image.decodeJPEG(bytes, options: options)
    } else if bytes.hasPrefix(PNGStructure.signature) {
      image = try Image.decodePNG(bytes, options: options)
    } else if bytes.hasPrefix(Array("P5".utf8)) || bytes.hasPrefix(Array("P6".utf8)) {
      image = try Image.decodePNM(bytes, options: options)
    } else if Image.isWebP(bytes) {
      image = try Image.decodeWebP(bytes, options: options)
    } else if bytes.hasPrefix(Array("BM".utf8)) {
      image = try Image.decodeBMP(bytes, options: options)
    } else {
      throw Image.unrecognised(bytes)
    }
    if let color = options.color {
      self = image.converted(to: color)
    } else {
      self = options.keepsAlpha ? image : image.withoutAlpha
    }
  }

  /// Checks a size that a file announces, before memory is taken for it.
  static func checkSize(
    width: Int, height: Int, limit: Int, name: String
  ) throws(ConvNetError) {
    guard width > 0, height > 0 else {
      throw ConvNetError(.invalidData, "\(name): the picture is \(width) x \(height) pixels")
    }
    // 2^32 at most, so that later products with channels and depth cannot overflow.
    guard let count = checkedProduct([width, height]), count <= min(limit, 1 << 32) else {
      throw ConvNetError(
        .invalidData, "\(name): the picture is \(width) x \(height) pixels",
        reason: "the limit is \(limit) pixels", advice: "raise it if the file is trusted")
    }
  }

  private static func unrecognised(_ bytes: FileBytes) -> ConvNetError {
    guard bytes.count > 0 else { return ConvNetError(.invalidData, "\(bytes.name): is empty") }
    // Pictures that are known by their first bytes but not read.
    let others: [(prefix: String, name: String)] = [
      ("GIF8", "a GIF"), ("II*\0", "a TIFF"), ("MM\0*", "a TIFF"), ("RIFF", "a RIFF file"),
      ("<", "a web page or XML text"),
      ("P1", "a text PNM"), ("P2", "a text PNM"), ("P3", "a text PNM"), ("P4", "a bitmap PNM"),
    ]
    for other in others where bytes.hasPrefix(Array(other.prefix.utf8)) {
      return ConvNetError(
        .unsupported, "\(bytes.name): is \(other.name)",
        reason: "the pictures that are read are JPEG, PNG, WebP, BMP, PPM and PGM")
    }
    return ConvNetError(
      .invalidData, "\(bytes.name): is not a picture that is known",
      reason: "the pictures that are read are JPEG, PNG, WebP, BMP, PPM and PGM")
  }
}
