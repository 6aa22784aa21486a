internal import ConvNetGraph

/// The index of a tar file (ustar, pax and GNU long names), whose contents are read in place.
struct TarArchive: Sendable {
  /// A regular file in the archive.
  struct Entry: Hashable, Sendable {
    let name: String
    let byteRange: Range<Int>
  }

  /// The regular files in the archive's order.
  private(set) var entries: [Entry] = []
  /// The folders that the archive names.
  private(set) var folders: [String] = []
  private let bytes: FileBytes

  private static let blockSize = 512
  /// Longer names than any file system takes are refused.
  private static let nameLimit = 1 << 16

  /// Whether the bytes begin with a tar header.
  static func isTar(_ bytes: FileBytes) -> Bool {
    guard bytes.count >= blockSize else { return false }
    return bytes.withUnsafeBytes { hasValidChecksum(UnsafeRawBufferPointer(rebasing: $0[..<512])) }
  }

  /// Reads all headers.
  init(_ bytes: FileBytes) throws(ConvNetError) {
    self.bytes = bytes
    var offset = 0
    var longName: String?
    var longSize: Int?
    while true {
      guard offset < bytes.count else { break }
      guard bytes.count - offset >= Self.blockSize else { throw damaged(offset, "is cut short") }
      let block = offset
      let isZero = bytes.withUnsafeBytes { raw in
        raw[block..<(block + Self.blockSize)].allSatisfy { $0 == 0 }
      }
      if isZero { break }
      guard
        bytes.withUnsafeBytes({ raw in
          Self.hasValidChecksum(
            UnsafeRawBufferPointer(rebasing: raw[block..<(block + Self.blockSize)]))
        })
      else { throw damaged(offset, "has a wrong checksum") }

      let announced = try number(at: block + 124, count: 12)
      let size = longSize ?? announced
      let data = block + Self.blockSize
      guard size <= bytes.count - data else { throw damaged(offset, "reaches behind the end") }
      let name = longName ?? shortName(block)
      let type = bytes.withUnsafeBytes { $0[block + 156] }
      switch type {
      case UInt8(ascii: "L"):
        longName = try text(data..<(data + size), offset)
      case UInt8(ascii: "K"): break
      case UInt8(ascii: "x"):
        let fields = try paxFields(data..<(data + size), offset)
        if let path = fields["path"] { longName = path }
        if let text = fields["size"] {
          guard let size = Int(text), size >= 0 else { throw damaged(offset, "has a wrong size") }
          longSize = size
        }
      case UInt8(ascii: "g"): break
      case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
        let path = try cleaned(name, offset)
        // Before there was a type for folders they were files whose name ends with a slash.
        if name.hasSuffix("/") {
          folders.append(path)
        } else {
          entries.append(Entry(name: path, byteRange: data..<(data + size)))
        }
      case UInt8(ascii: "5"):
        let path = try cleaned(name, offset)
        if !path.isEmpty { folders.append(path) }
      default:
        let kind =
          switch type {
          case UInt8(ascii: "1"): "a hard link"
          case UInt8(ascii: "2"): "a symbolic link"
          case UInt8(ascii: "3"), UInt8(ascii: "4"): "a device"
          case UInt8(ascii: "6"): "a named pipe"
          default: "an entry of an unknown type"
          }
        throw ConvNetError(
          .unsupported, "\(bytes.name): \"\(name.escapedForDisplay)\" is \(kind)",
          reason: "only files and folders are read from a tar file")
      }
      if ![UInt8(ascii: "L"), UInt8(ascii: "K"), UInt8(ascii: "x")].contains(type) {
        longName = nil
        longSize = nil
      }
      let padded = (size + Self.blockSize - 1) / Self.blockSize * Self.blockSize
      // The padding of the last entry may be missing; nothing is lost by that.
      offset = min(data + padded, bytes.count)
    }
  }

  /// The bytes of one file of the archive.
  func bytes(of entry: Entry) throws(ConvNetError) -> FileBytes {
    try bytes.slice(entry.byteRange, name: "\(bytes.name): \(entry.name)")
  }

  /// The sum over all header bytes, the checksum's own eight taken as spaces.
  private static func hasValidChecksum(_ block: UnsafeRawBufferPointer) -> Bool {
    var sum = 0
    for (index, byte) in block.enumerated() {
      sum += (148..<156).contains(index) ? 0x20 : Int(byte)
    }
    let digits = block[148..<156].drop { $0 == 0x20 || $0 == 0x30 }
      .prefix { (0x30...0x37).contains($0) }
    let text = String(decoding: digits, as: UTF8.self)
    return Int(text.isEmpty ? "0" : text, radix: 8) == sum
  }

  /// A number of the header: octal digits, or binary with the highest bit set.
  private func number(at start: Int, count: Int) throws(ConvNetError) -> Int {
    let field = bytes.withUnsafeBytes { Array($0[start..<(start + count)]) }
    if field[0] & 0x80 != 0 {
      var value = Int(field[0] & 0x7F)
      for byte in field.dropFirst() {
        let (product, overflow) = value.multipliedReportingOverflow(by: 256)
        guard !overflow, field[0] & 0x40 == 0 else { throw damaged(start, "has a wrong size") }
        value = product | Int(byte)
      }
      return value
    }
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
    let text = String(decoding: digits, as: UTF8.self)
    guard let value = Int(text.isEmpty ? "0" : text, radix: 8), value >= 0 else {
      throw damaged(start, "has a wrong size")
    }
    return value
  }

  private func shortName(_ block: Int) -> String {
    bytes.withUnsafeBytes { raw in
      let name = raw[block..<(block + 100)].prefix { $0 != 0 }
      let isUstar = raw[(block + 257)..<(block + 263)].elementsEqual(Array("ustar\0".utf8))
      let prefix = isUstar ? raw[(block + 345)..<(block + 500)].prefix { $0 != 0 } : []
      let text = String(decoding: name, as: UTF8.self)
      return prefix.isEmpty ? text : String(decoding: prefix, as: UTF8.self) + "/" + text
    }
  }

  private func text(_ range: Range<Int>, _ offset: Int) throws(ConvNetError) -> String {
    guard range.count <= Self.nameLimit else {
      throw damaged(offset, "has a name that is too long")
    }
    return bytes.withUnsafeBytes { raw in
      String(decoding: raw[range].prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// The records "LENGTH KEY=VALUE\n" of a pax header.
  private func paxFields(_ range: Range<Int>, _ offset: Int) throws(ConvNetError) -> [String:
    String]
  {
    guard range.count <= 1 << 20 else { throw damaged(offset, "has a header that is too long") }
    var fields: [String: String] = [:]
    let block = bytes.withUnsafeBytes { Array($0[range]) }
    var rest = block[...]
    while !rest.isEmpty {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard let length = Int(String(decoding: digits, as: UTF8.self)), length <= rest.count,
        length > digits.count + 1
      else { throw damaged(offset, "has a damaged pax header") }
      let record = rest.prefix(length).dropFirst(digits.count + 1).dropLast()
      if let equals = record.firstIndex(of: UInt8(ascii: "=")) {
        let key = String(decoding: record[..<equals], as: UTF8.self)
        fields[key] = String(decoding: record[(equals + 1)...], as: UTF8.self)
      }
      rest = rest.dropFirst(length)
    }
    return fields
  }

  /// A name without "./" and doubled slashes; one that leads out of the archive is refused.
  private func cleaned(_ name: String, _ offset: Int) throws(ConvNetError) -> String {
    guard !name.hasPrefix("/"), !name.utf8.contains(0) else {
      throw damaged(offset, "has the name \"\(name.escapedForDisplay)\"")
    }
    let parts = name.split(separator: "/").filter { $0 != "." }
    guard !parts.contains("..") else {
      throw damaged(offset, "has the name \"\(name.escapedForDisplay)\"")
    }
    return parts.joined(separator: "/")
  }

  private func damaged(_ offset: Int, _ what: String) -> ConvNetError {
    ConvNetError(
      .invalidData, "\(bytes.name): is a damaged tar file",
      reason: "the entry at byte \(offset) \(what)")
  }
}
