internal import ConvNetGraph

/// What the marker segments of a JPEG file say before its pixels are decoded.
struct JPEGStructure {
  /// EXIF's orientation, 1...8; 1 is upright.
  private(set) var orientation = 1

  /// Walks over the segments in front of the first scan.
  ///
  /// Damage is not reported here: the decoder does that.
  init(_ bytes: FileBytes) {
    var reader = ByteReader(bytes)
    do throws(ConvNetError) {
      _ = try reader.take(2, "the start")
      while true {
        guard try reader.byte("a marker") == 0xFF else { return }
        var marker = try reader.byte("a marker")
        while marker == 0xFF { marker = try reader.byte("a marker") }
        // Start of scan, end of image: nothing about the whole picture follows.
        if marker == 0xDA || marker == 0xD9 { return }
        // Markers without a length.
        if marker == 0x01 || (0xD0...0xD8).contains(marker) { continue }
        let length = Int(try reader.bigEndian(UInt16.self, "a segment"))
        let segment = try reader.take(length - 2, "a segment")
        if marker == 0xE1, let found = Self.exifOrientation(bytes, segment) {
          orientation = found
          return
        }
      }
    } catch {
      // The walk ends where the file does.
    }
  }

  /// The orientation in an EXIF segment (a small TIFF file behind "Exif\0\0"), or nil.
  private static func exifOrientation(_ bytes: FileBytes, _ segment: Range<Int>) -> Int? {
    do throws(ConvNetError) {
      var reader = try ByteReader(bytes, range: segment)
      guard try reader.array(6, "EXIF") == Array("Exif\0\0".utf8) else { return nil }
      let base = reader.offset
      let order = try reader.array(2, "EXIF")
      guard order == Array("II".utf8) || order == Array("MM".utf8) else { return nil }
      let isLittle = order == Array("II".utf8)
      func short() throws(ConvNetError) -> Int {
        Int(
          isLittle
            ? try reader.littleEndian(UInt16.self, "EXIF")
            : try reader.bigEndian(UInt16.self, "EXIF"))
      }
      guard try short() == 42 else { return nil }
      let offset = Int(
        isLittle
          ? try reader.littleEndian(UInt32.self, "EXIF")
          : try reader.bigEndian(UInt32.self, "EXIF"))
      try reader.seek(to: base + offset, "EXIF's directory")
      for _ in 0..<(try short()) {
        let entry = reader.offset
        if try short() == 0x0112 {
          guard try short() == 3 else { return nil }
          _ = try reader.take(4, "EXIF")
          let value = try short()
          return (1...8).contains(value) ? value : nil
        }
        try reader.seek(to: entry + 12, "EXIF")
      }
      return nil
    } catch {
      return nil
    }
  }
}
