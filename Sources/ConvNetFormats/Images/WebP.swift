internal import ConvNetGraph

#if WebP
  internal import CWebP
#endif

extension Image {
  /// How a WebP file begins: a RIFF file whose kind stands behind its size.
  static func isWebP(_ bytes: FileBytes) -> Bool {
    bytes.count >= 12
      && bytes.withUnsafeBytes { raw in
        raw.prefix(4).elementsEqual("RIFF".utf8) && raw[8..<12].elementsEqual("WEBP".utf8)
      }
  }

  #if WebP
    /// Reads a WebP, lossy or lossless, through libwebp, which reports errors by value.
    static func decodeWebP(
      _ bytes: FileBytes, options: ImageDecodingOptions
    ) throws(ConvNetError) -> Image {
      let image = try bytes.withUnsafeBytes { (raw) throws(ConvNetError) in
        let start = raw.bindMemory(to: UInt8.self).baseAddress
        var features = WebPBitstreamFeatures()
        let status = WebPGetFeatures(start, raw.count, &features)
        guard status == VP8_STATUS_OK else {
          throw ConvNetError(
            .invalidData, "\(bytes.name): is damaged",
            reason: status == VP8_STATUS_NOT_ENOUGH_DATA ? "it ends too early" : nil)
        }
        guard features.has_animation == 0 else {
          throw ConvNetError(
            .unsupported, "\(bytes.name): is an animated WebP", reason: "single pictures are read")
        }
        let (width, height) = (Int(features.width), Int(features.height))
        // A few bytes can fill a lossless picture, and libwebp holds its pixels a second time.
        let limit = features.format == 2 ? options.pixelLimit / 3 * 2 : options.pixelLimit
        try checkSize(width: width, height: height, limit: limit, name: bytes.name)
        let channels = features.has_alpha != 0 ? 4 : 3
        let count = width * height * channels
        var isGood = false
        let pixels = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
          let decode = channels == 4 ? WebPDecodeRGBAInto : WebPDecodeRGBInto
          isGood =
            decode(start, raw.count, target.baseAddress, count, Int32(width * channels)) != nil
          initialized = isGood ? count : 0
        }
        guard isGood else {
          throw ConvNetError(
            .invalidData, "\(bytes.name): is damaged", reason: "libwebp cannot decode its pixels")
        }
        return Image(checkedWidth: width, height: height, channels: channels, pixels: pixels)
      }
      return options.appliesOrientation ? image.oriented(webPOrientation(bytes)) : image
    }

    /// The orientation in the chunk with camera data; 1 where there is none.
    private static func webPOrientation(_ bytes: FileBytes) -> Int {
      var reader = ByteReader(bytes)
      do throws(ConvNetError) {
        _ = try reader.take(12, "the start")
        while reader.remaining > 0 {
          let kind = try reader.array(4, "a chunk")
          let length = Int(try reader.littleEndian(UInt32.self, "a chunk"))
          let chunk = try reader.take(length, "a chunk")
          if kind == Array("EXIF".utf8) { return EXIF.orientation(in: bytes, chunk) ?? 1 }
          // Chunks begin at even places.
          if length & 1 == 1 { _ = try reader.take(1, "a chunk") }
        }
      } catch {
        // The walk ends where the file does.
      }
      return 1
    }
  #else
    static func decodeWebP(
      _ bytes: FileBytes, options: ImageDecodingOptions
    ) throws(ConvNetError) -> Image {
      throw missingLibrary(bytes.name, is: "a WebP", trait: "WebP", packages: "libwebp-dev")
    }
  #endif
}
