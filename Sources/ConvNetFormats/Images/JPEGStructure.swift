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
        if marker == 0xE1, let found = EXIF.orientation(in: bytes, segment) {
          orientation = found
          return
        }
      }
    } catch {
      // The walk ends where the file does.
    }
  }
}
