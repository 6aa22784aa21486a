package import ConvNetGraph

/// The index of a zip file: PyTorch's, whose entries are stored, or a Python package's, whose entries
/// are deflated (format: PKWARE's APPNOTE, with the 64-bit extensions).
///
/// Sizes and places come from the central directory at the end; local headers only say where the
/// data begins.
package struct ZipArchive: Sendable {
  /// What the central directory says about one entry.
  package struct Entry: Hashable, Sendable {
    package let name: String
    let method: UInt16
    let flags: UInt16
    let checksum: UInt32
    let packedSize: Int
    package let size: Int
    let headerOffset: Int
  }

  static let signature: [UInt8] = [0x50, 0x4B, 0x03, 0x04]

  /// The entries in the directory's order.
  package private(set) var entries: [Entry] = []
  private var positions: [String: Int] = [:]
  private let bytes: FileBytes
  /// The position of the central directory, behind which no data may reach.
  private let directoryStart: Int

  /// Reads the central directory.
  package init(_ bytes: FileBytes) throws(ConvNetError) {
    self.bytes = bytes
    let end = try Self.end(of: bytes)
    directoryStart = end.offset
    var reader = try ByteReader(bytes, range: end.offset..<(end.offset + end.size))
    while reader.remaining > 0 {
      let entry = try Self.entry(&reader)
      guard positions.updateValue(entries.count, forKey: entry.name) == nil else {
        throw ConvNetError(
          .invalidData,
          "\(bytes.name): holds two entries \"\(entry.name.escapedForDisplay)\"")
      }
      entries.append(entry)
    }
    guard entries.count == end.count else {
      throw ConvNetError(
        .invalidData, "\(bytes.name): is a damaged zip file",
        reason: "\(end.count) entries are announced, there are \(entries.count)")
    }
  }

  /// The entry of a name, or nil.
  package func entry(named name: String) -> Entry? { positions[name].map { entries[$0] } }

  /// An entry's data, unpacked and checked against the checksum of the directory.
  ///
  /// - Parameter limit: the largest size in bytes that is unpacked.
  package func contents(
    of entry: Entry, limit: Int = 1 << 30
  ) throws(ConvNetError) -> FileBytes {
    let name = "\(bytes.name): entry \"\(entry.name.escapedForDisplay)\""
    guard entry.size <= limit else {
      throw ConvNetError(
        .invalidData, "\(name): has \(entry.size) bytes", reason: "the limit is \(limit) bytes")
    }
    var contents: FileBytes
    switch entry.method {
    case 8:
      let packed = try bytes.slice(packedRange(of: entry), name: name)
      var reader = try InflateReader(packed, in: .none)
      // One byte more than announced would be there, if there was more.
      let unpacked = try reader.read(upTo: entry.size + 1)
      guard unpacked.count == entry.size else {
        throw ConvNetError(
          .invalidData, "\(name): has another size than the directory says",
          reason: "\(entry.size) bytes are announced")
      }
      contents = FileBytes(unpacked, name: entry.name)
    default:
      contents = try bytes.slice(range(of: entry), name: entry.name)
    }
    guard contents.withUnsafeBytes({ CRC32.of($0) }) == entry.checksum else {
      throw wrongChecksum(entry)
    }
    return contents
  }

  /// Where the data of an entry that is stored without compression is in the file.
  func range(of entry: Entry) throws(ConvNetError) -> Range<Int> {
    let shown = "\(bytes.name): entry \"\(entry.name.escapedForDisplay)\""
    guard entry.flags & 1 != 0 || entry.method == 0 else {
      throw ConvNetError(
        .unsupported, "\(shown): is compressed (method \(entry.method))",
        reason: "PyTorch stores without compression")
    }
    guard entry.packedSize == entry.size else {
      throw ConvNetError(
        .invalidData,
        "\(shown): is stored, but its sizes \(entry.packedSize) and \(entry.size) "
          + "differ")
    }
    return try packedRange(of: entry)
  }

  /// Where an entry's data is in the file, compressed or not.
  private func packedRange(of entry: Entry) throws(ConvNetError) -> Range<Int> {
    let shown = "\(bytes.name): entry \"\(entry.name.escapedForDisplay)\""
    guard entry.flags & 1 == 0 else {
      throw ConvNetError(.unsupported, "\(shown): is encrypted")
    }
    var reader = try ByteReader(bytes, range: 0..<directoryStart)
    try reader.seek(to: entry.headerOffset, "a zip entry")
    guard try reader.array(4, "a zip entry") == Self.signature else {
      throw ConvNetError(.invalidData, "\(shown): has no local header")
    }
    _ = try reader.take(22, "a zip entry")
    let nameLength = Int(try reader.littleEndian(UInt16.self, "a zip entry"))
    let extraLength = Int(try reader.littleEndian(UInt16.self, "a zip entry"))
    guard try reader.array(nameLength, "a zip entry") == Array(entry.name.utf8) else {
      throw ConvNetError(.invalidData, "\(shown): has another name in its local header")
    }
    _ = try reader.take(extraLength, "a zip entry")
    return try reader.take(entry.packedSize, "zip entry \"\(entry.name.escapedForDisplay)\"")
  }

  /// Checks an entry's data against the checksum of the directory.
  func verify(_ entry: Entry) throws(ConvNetError) {
    let range = try range(of: entry)
    let checksum = bytes.withUnsafeBytes {
      CRC32.of(UnsafeRawBufferPointer(rebasing: $0[range]))
    }
    guard checksum == entry.checksum else { throw wrongChecksum(entry) }
  }

  private func wrongChecksum(_ entry: Entry) -> ConvNetError {
    ConvNetError(
      .invalidData,
      "\(bytes.name): entry \"\(entry.name.escapedForDisplay)\": has a wrong checksum",
      reason: "the file is damaged")
  }

  /// The record at the end of the file: where the central directory is and how many entries it has.
  private static func end(
    of bytes: FileBytes
  ) throws(ConvNetError) -> (offset: Int, size: Int, count: Int) {
    let damaged = ConvNetError(
      .invalidData, "\(bytes.name): is a damaged zip file",
      reason: "the record at its end is missing, so it may be cut short")
    let recordSize = 22
    guard bytes.count >= recordSize else { throw damaged }
    let start = bytes.withUnsafeBytes { raw -> Int? in
      // A comment of at most 65535 bytes may follow.
      let lowest = max(0, raw.count - recordSize - 0xFFFF)
      return (lowest...(raw.count - recordSize)).reversed().first { offset in
        raw[offset] == 0x50 && raw[offset + 1] == 0x4B && raw[offset + 2] == 5
          && raw[offset + 3] == 6
          && offset + recordSize + Int(raw[offset + 20]) + Int(raw[offset + 21]) << 8 == raw.count
      }
    }
    guard let start else { throw damaged }
    var reader = ByteReader(bytes)
    try reader.seek(to: start + 4, "the zip record")
    let disks = try reader.littleEndian(UInt32.self, "the zip record")
    _ = try reader.take(2, "the zip record")
    var count = Int(try reader.littleEndian(UInt16.self, "the zip record"))
    var size = Int(try reader.littleEndian(UInt32.self, "the zip record"))
    var offset = Int(try reader.littleEndian(UInt32.self, "the zip record"))
    var limit = start
    if let large = try largeEnd(bytes, before: start) {
      (offset, size, count, limit) = large
    } else if disks != 0 {
      throw ConvNetError(.unsupported, "\(bytes.name): is one part of a divided zip file")
    }
    guard let end = checkedSum([offset, size]), end <= limit else {
      throw ConvNetError(
        .invalidData, "\(bytes.name): is a damaged zip file",
        reason: "its directory is said to be at \(offset) with \(size) bytes")
    }
    return (offset, size, count)
  }

  /// The 64-bit form of the record, where a locator in front of the other one says so.
  private static func largeEnd(
    _ bytes: FileBytes, before start: Int
  ) throws(ConvNetError) -> (offset: Int, size: Int, count: Int, limit: Int)? {
    guard start >= 20 else { return nil }
    var reader = try ByteReader(bytes, range: 0..<start)
    try reader.seek(to: start - 20, "the zip record")
    guard try reader.array(4, "the zip record") == [0x50, 0x4B, 6, 7] else { return nil }
    _ = try reader.take(4, "the zip record")
    let position = try reader.littleEndianSize("the position of the zip record")
    try reader.seek(to: position, "the zip record")
    guard try reader.array(4, "the zip record") == [0x50, 0x4B, 6, 6] else {
      throw ConvNetError(
        .invalidData, "\(bytes.name): is a damaged zip file",
        reason: "its 64-bit record is not at byte \(position)")
    }
    _ = try reader.take(28, "the zip record")
    let count = try reader.littleEndianSize("the number of zip entries")
    let size = try reader.littleEndianSize("the size of the zip directory")
    let offset = try reader.littleEndianSize("the position of the zip directory")
    return (offset, size, count, position)
  }

  private static func entry(_ reader: inout ByteReader) throws(ConvNetError) -> Entry {
    let what = "the zip directory"
    guard try reader.array(4, what) == [0x50, 0x4B, 1, 2] else {
      throw ConvNetError(
        .invalidData, "\(reader.bytes.name): is a damaged zip file",
        reason: "no directory entry at byte \(reader.offset - 4)")
    }
    _ = try reader.take(4, what)
    let flags = try reader.littleEndian(UInt16.self, what)
    let method = try reader.littleEndian(UInt16.self, what)
    _ = try reader.take(4, what)
    let checksum = try reader.littleEndian(UInt32.self, what)
    var packedSize = Int(try reader.littleEndian(UInt32.self, what))
    var size = Int(try reader.littleEndian(UInt32.self, what))
    let nameLength = Int(try reader.littleEndian(UInt16.self, what))
    let extraLength = Int(try reader.littleEndian(UInt16.self, what))
    let commentLength = Int(try reader.littleEndian(UInt16.self, what))
    _ = try reader.take(8, what)
    var offset = Int(try reader.littleEndian(UInt32.self, what))
    let name = String(decoding: try reader.array(nameLength, what), as: UTF8.self)
    let extraEnd = reader.offset + extraLength
    while extraEnd - reader.offset >= 4 {
      let kind = try reader.littleEndian(UInt16.self, what)
      let end = reader.offset + 2 + Int(try reader.littleEndian(UInt16.self, what))
      guard end <= extraEnd else { break }
      if kind == 1 {
        // The 64-bit values follow for those fields only that are full in the 32-bit form.
        if size == 0xFFFF_FFFF { size = try reader.littleEndianSize("a zip entry's size") }
        if packedSize == 0xFFFF_FFFF {
          packedSize = try reader.littleEndianSize("a zip entry's size")
        }
        if offset == 0xFFFF_FFFF { offset = try reader.littleEndianSize("a zip entry's position") }
      }
      try reader.seek(to: max(end, reader.offset), what)
    }
    try reader.seek(to: max(extraEnd, reader.offset), what)
    _ = try reader.take(commentLength, what)
    return Entry(
      name: name, method: method, flags: flags, checksum: checksum, packedSize: packedSize,
      size: size, headerOffset: offset)
  }
}
