public import ConvNetGraph

#if PNG
  internal import CPNG
#endif

extension Image {
  #if PNG
    /// Reads a PNG through libpng's simplified interface, which reports errors by value.
    ///
    /// Every depth becomes 8 bits, palettes become colours; a warning is an error, because it
    /// means pixels that are not what the file should hold.
    static func decodePNG(
      _ bytes: FileBytes, options: ImageDecodingOptions
    ) throws(ConvNetError) -> Image {
      let structure = try PNGStructure(bytes, pixelLimit: options.pixelLimit)
      let filtered = structure.filtered(bytes)
      var control = png_image()
      control.version = UInt32(PNG_IMAGE_VERSION)
      defer { png_image_free(&control) }

      return try filtered.withRawBytes { (raw) throws(ConvNetError) in
        guard png_image_begin_read_from_memory(&control, raw.baseAddress, raw.count) != 0 else {
          throw damaged(bytes, control)
        }
        // Without this flag 16-bit samples would be taken as linear light and be brightened.
        control.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
        let isColor = structure.colorType & 2 != 0
        let hasAlpha = structure.colorType & 4 != 0 || structure.hasTransparency
        // PNG_FORMAT_GRAY, _RGB, _GA, _RGBA: bit 0 alpha, bit 1 colour.
        control.format = (isColor ? 2 : 0) | (hasAlpha ? 1 : 0)
        let stored = (isColor ? 3 : 1) + (hasAlpha ? 1 : 0)
        let count = structure.width * structure.height * stored
        var isGood = false
        let pixels = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
          isGood = png_image_finish_read(&control, nil, target.baseAddress, 0, nil) != 0
          initialized = isGood ? count : 0
        }
        guard isGood, control.warning_or_error == 0 else { throw damaged(bytes, control) }
        return Image(
          checkedWidth: structure.width, height: structure.height,
          channels: stored == 2 ? 4 : stored,
          pixels: stored == 2 ? spreadGrayAlpha(pixels) : pixels)
      }
    }

    /// Grey with alpha as colour with alpha.
    private static func spreadGrayAlpha(_ pixels: [UInt8]) -> [UInt8] {
      var spread: [UInt8] = []
      spread.reserveCapacity(pixels.count * 2)
      for index in stride(from: 0, to: pixels.count - 1, by: 2) {
        let gray = pixels[index]
        spread.append(contentsOf: [gray, gray, gray, pixels[index + 1]])
      }
      return spread
    }

    private static func damaged(_ bytes: FileBytes, _ control: png_image) -> ConvNetError {
      let message = withUnsafeBytes(of: control.message) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      return ConvNetError(
        .invalidData, "\(bytes.name): is damaged",
        reason: message.isEmpty ? nil : "libpng says: \(message.escapedForDisplay)")
    }

    /// The picture as a PNG file: 8 bits, grey or colour; alpha is laid on white.
    ///
    /// - Throws: ``ConvNetError`` of kind `unsupported` in a build without the trait PNG, or
    ///   `invalidArgument` where libpng cannot write the size.
    public func pngBytes() throws(ConvNetError) -> [UInt8] {
      let image = withoutAlpha
      var control = png_image()
      control.version = UInt32(PNG_IMAGE_VERSION)
      control.width = UInt32(image.width)
      control.height = UInt32(image.height)
      control.format = image.channels == 3 ? 2 : 0
      defer { png_image_free(&control) }
      // What png_image_write_get_memory_size would need a whole compression for: the raw size, a
      // filter byte per row, deflate's stored blocks, and the chunks around them.
      let raw = (image.width * image.channels + 1) * image.height
      var size = raw + raw / 1000 * 2 + 100_000
      var isGood = false
      let bytes = [UInt8](unsafeUninitializedCapacity: size) { target, initialized in
        isGood =
          png_image_write_to_memory(
            &control, target.baseAddress, &size, 0, image.pixels, 0, nil) != 0
        initialized = isGood ? size : 0
      }
      guard isGood else {
        throw ConvNetError(
          .invalidArgument, "a picture of \(width) x \(height) cannot be written as PNG")
      }
      return bytes
    }
  #else
    static func decodePNG(
      _ bytes: FileBytes, options: ImageDecodingOptions
    ) throws(ConvNetError) -> Image {
      throw missingLibrary(bytes.name, is: "a PNG", trait: "PNG", packages: "libpng-dev")
    }

    /// The picture as a PNG file: 8 bits, grey or colour; alpha is laid on white.
    ///
    /// - Throws: ``ConvNetError`` of kind `unsupported` in a build without the trait PNG, or
    ///   `invalidArgument` where libpng cannot write the size.
    public func pngBytes() throws(ConvNetError) -> [UInt8] {
      throw ConvNetError(
        .unsupported, "this build cannot write PNG",
        reason: "it was built without the trait PNG",
        advice: "install libpng-dev and build with --traits PNG, or write PPM")
    }
  #endif
}
