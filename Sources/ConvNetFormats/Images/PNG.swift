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

      let image = try filtered.withRawBytes { (raw) throws(ConvNetError) in
        guard png_image_begin_read_from_memory(&control, raw.baseAddress, raw.count) != 0 else {
          throw damaged(bytes, control)
        }
        let isColor = structure.colorType & 2 != 0
        let hasAlpha = structure.colorType & 4 != 0 || structure.hasTransparency
        // PNG_FORMAT_FLAG_ALPHA is bit 0, _COLOR bit 1, _LINEAR bit 2.
        control.format = (isColor ? 2 : 0) | (hasAlpha ? 1 : 0)
        let stored = (isColor ? 3 : 1) + (hasAlpha ? 1 : 0)
        let count = structure.width * structure.height * stored
        let pixels: [UInt8]?
        if structure.bitDepth == 16 {
          control.format |= 4
          pixels = finish(&control, count, of: UInt16.self).map {
            upperBytes($0, channels: stored, hasAlpha: hasAlpha)
          }
        } else {
          pixels = finish(&control, count, of: UInt8.self)
        }
        guard let pixels, control.warning_or_error == 0 else { throw damaged(bytes, control) }
        return Image(
          checkedWidth: structure.width, height: structure.height,
          channels: stored == 2 ? 4 : stored,
          pixels: stored == 2 ? spreadGrayAlpha(pixels) : pixels)
      }
      return options.appliesOrientation ? image.oriented(structure.orientation) : image
    }

    /// Reads the samples; nil where that failed.
    private static func finish<Sample: BinaryInteger>(
      _ control: inout png_image, _ count: Int, of type: Sample.Type
    ) -> [Sample]? {
      var isGood = false
      let samples = [Sample](unsafeUninitializedCapacity: count) { target, initialized in
        isGood = png_image_finish_read(&control, nil, target.baseAddress, 0, nil) != 0
        initialized = isGood ? count : 0
      }
      return isGood ? samples : nil
    }

    /// The upper halves of 16-bit samples, as Pillow takes them.
    ///
    /// libpng's own step from 16 to 8 bits goes wrong for interlaced files in several releases of
    /// 1.6 (wrong pixels, earlier a buffer overflow). Asked for 16 bits it passes the samples on,
    /// multiplied with alpha, which is undone here.
    private static func upperBytes(
      _ samples: [UInt16], channels: Int, hasAlpha: Bool
    ) -> [UInt8] {
      guard hasAlpha else { return samples.map { UInt8(truncatingIfNeeded: $0 >> 8) } }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(samples.count)
      for pixel in stride(from: 0, to: samples.count - channels + 1, by: channels) {
        let alpha = UInt64(samples[pixel + channels - 1])
        for channel in 0..<(channels - 1) {
          let product = UInt64(samples[pixel + channel]) * 65535
          let straight = alpha == 0 ? 0 : min(65535, (product + alpha / 2) / alpha)
          bytes.append(UInt8(truncatingIfNeeded: straight >> 8))
        }
        bytes.append(UInt8(truncatingIfNeeded: alpha >> 8))
      }
      return bytes
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
