internal import ConvNetGraph

#if JPEG
  internal import CTurboJPEG
#endif

extension Image {
  #if JPEG
    /// Reads a JPEG through libturbojpeg, which reports errors by value.
    ///
    /// The slow, exact transform and smooth upsampling are used, as Pillow does, so that the pixels
    /// agree. A warning (a cut or damaged file) is an error.
    static func decodeJPEG(
      _ bytes: FileBytes, options: ImageDecodingOptions
    ) throws(ConvNetError) -> Image {
      guard let handle = tjInitDecompress() else {
        throw ConvNetError(.internal, "libturbojpeg cannot be started")
      }
      defer { tjDestroy(handle) }

      let image = try bytes.withUnsafeBytes { (raw) throws(ConvNetError) in
        let start = raw.bindMemory(to: UInt8.self).baseAddress
        let size = UInt(raw.count)
        var columns: Int32 = 0
        var rows: Int32 = 0
        var subsampling: Int32 = 0
        var colorSpace: Int32 = 0
        guard
          tjDecompressHeader3(handle, start, size, &columns, &rows, &subsampling, &colorSpace) == 0
        else { throw damaged(bytes, handle) }
        let (width, height) = (Int(columns), Int(rows))
        try checkSize(
          width: width, height: height, limit: options.pixelLimit, name: bytes.name)
        // A block of 8 x 8 needs at least one bit in a file, chrominance aside.
        guard raw.count >= width * height / (64 * 8 * 4) else {
          throw ConvNetError(
            .invalidData, "\(bytes.name): is damaged",
            reason: "\(raw.count) bytes of data cannot fill \(width) x \(height) pixels")
        }
        let isGray = colorSpace == Int32(TJCS_GRAY.rawValue)
        let isInk =
          colorSpace == Int32(TJCS_CMYK.rawValue) || colorSpace == Int32(TJCS_YCCK.rawValue)
        let format = isGray ? TJPF_GRAY : isInk ? TJPF_CMYK : TJPF_RGB
        let channels = isGray ? 1 : isInk ? 4 : 3
        let count = width * height * channels
        let flags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS
        var isGood = false
        let pixels = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
          isGood =
            tjDecompress2(
              handle, start, size, target.baseAddress, columns, 0, rows,
              Int32(format.rawValue), Int32(flags)) == 0
          initialized = isGood ? count : 0
        }
        guard isGood else { throw damaged(bytes, handle) }
        return Image(
          checkedWidth: width, height: height, channels: isInk ? 3 : channels,
          pixels: isInk ? rgb(fromInvertedCMYK: pixels) : pixels)
      }
      return options.appliesOrientation
        ? image.oriented(JPEGStructure(bytes).orientation) : image
    }

    /// Colours from the inks of a print file, which Adobe's programs store inverted (255 is no
    /// ink); every file is taken so, as Pillow takes it.
    private static func rgb(fromInvertedCMYK inks: [UInt8]) -> [UInt8] {
      var colors: [UInt8] = []
      colors.reserveCapacity(inks.count / 4 * 3)
      for index in stride(from: 0, to: inks.count - 3, by: 4) {
        let lightness = Int(inks[index + 3])
        for channel in 0..<3 {
          // Pillow's rounded product of two bytes.
          let product = (255 - Int(inks[index + channel])) * lightness + 128
          let ink = ((product >> 8) + product) >> 8
          colors.append(UInt8(truncatingIfNeeded: max(0, lightness - ink)))
        }
      }
      return colors
    }

    private static func damaged(_ bytes: FileBytes, _ handle: tjhandle) -> ConvNetError {
      let message = tjGetErrorStr2(handle).map { String(cString: $0) } ?? ""
      return ConvNetError(
        .invalidData, "\(bytes.name): is damaged",
        reason: "libturbojpeg says: \(message.escapedForDisplay)")
    }
  #else
    static func decodeJPEG(
      _ bytes: FileBytes, options: ImageDecodingOptions
    ) throws(ConvNetError) -> Image {
      throw missingLibrary(bytes.name, is: "a JPEG", trait: "JPEG", packages: "libturbojpeg0-dev")
    }
  #endif
}
