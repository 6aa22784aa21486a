internal import ConvNetGraph

/// The data that cameras put into pictures: a small TIFF file.
enum EXIF {
  /// The orientation, 1...8 (1 is upright); nil where there is none, or the data is damaged.
  ///
  /// - Parameter range: where the data is: in a JPEG behind "Exif\0\0", in a PNG or WebP without.
  static func orientation(in bytes: FileBytes, _ range: Range<Int>) -> Int? {
    do throws(ConvNetError) {
      var reader = try ByteReader(bytes, range: range)
      if try reader.array(min(6, range.count), "EXIF") != Array("Exif\0\0".utf8) {
        try reader.seek(to: range.lowerBound, "EXIF")
      }
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
