@testable import ConvNetFormats

/// Writes the pickles that tests read: the operations that `torch.save` uses, and harmful ones.
struct PickleWriter {
  var bytes: [UInt8] = [0x80, 2]

  mutating func operation(_ operation: PickleOperation, _ data: [UInt8] = []) {
    bytes += [operation.rawValue] + data
  }

  mutating func raw(_ text: String) { bytes += Array(text.utf8) }

  mutating func string(_ text: String) {
    let size = UInt32(text.utf8.count).littleEndian
    operation(.binUnicode, withUnsafeBytes(of: size) { Array($0) } + Array(text.utf8))
  }

  mutating func int(_ value: Int) {
    if let small = Int32(exactly: value) {
      operation(.binInt, withUnsafeBytes(of: small.littleEndian) { Array($0) })
    } else {
      operation(.long1, [8] + withUnsafeBytes(of: value.littleEndian) { Array($0) })
    }
  }

  mutating func global(_ module: String, _ name: String) {
    operation(.global)
    raw("\(module)\n\(name)\n")
  }

  mutating func tuple(_ values: [Int]) {
    operation(.mark)
    for value in values { int(value) }
    operation(.tuple)
  }

  /// A tensor as `torch.save` writes it, over a storage that it describes; one of plain bytes where
  /// an element type is given.
  mutating func tensor(
    _ key: String, type: String = "FloatStorage", count: Int, sizes: [Int], strides: [Int],
    offset: Int = 0, view: [Int]? = nil, isOld: Bool = false, bytesOf elementType: String? = nil
  ) {
    global("torch._utils", elementType == nil ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3")
    operation(.mark)
    operation(.mark)
    string("storage")
    if elementType == nil {
      global("torch", type)
    } else {
      global("torch.storage", "UntypedStorage")
    }
    string(key)
    string("cuda:0")
    int(count)
    if let view {
      operation(.mark)
      string("view")
      for value in view { int(value) }
      operation(.tuple)
    } else if isOld {
      operation(.none)
    }
    operation(.tuple)
    operation(.binPersistentID)
    int(offset)
    tuple(sizes)
    tuple(strides)
    operation(.newFalse)
    global("collections", "OrderedDict")
    operation(.emptyTuple)
    operation(.reduce)
    if let elementType { global("torch", elementType) }
    operation(.tuple)
    operation(.reduce)
  }

  /// The bytes with the closing operation.
  var finished: [UInt8] { bytes + [PickleOperation.stop.rawValue] }

  /// A pickle of a dictionary whose items a closure writes.
  static func dictionary(_ body: (inout PickleWriter) -> Void) -> [UInt8] {
    var writer = PickleWriter()
    writer.operation(.emptyDict)
    writer.operation(.mark)
    body(&writer)
    writer.operation(.setItems)
    return writer.finished
  }
}

/// Writes zip files without compression.
struct ZipWriter {
  struct Entry {
    var name: String
    var data: [UInt8]
    var method: UInt16 = 0
    var flags: UInt16 = 0
    var size: UInt32?
    var checksum: UInt32?
    var offset: UInt32?
  }

  private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  /// The bytes of a zip file; the count of entries and the place of the directory can be wrong.
  static func bytes(
    _ entries: [Entry], count: UInt16? = nil, directory: UInt32? = nil, comment: String = ""
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    var central: [UInt8] = []
    for entry in entries {
      let offset = UInt32(bytes.count)
      let sum = entry.checksum ?? entry.data.withUnsafeBytes { CRC32.of($0) }
      let size = entry.size ?? UInt32(entry.data.count)
      let name = Array(entry.name.utf8)
      let common =
        little(entry.flags) + little(entry.method) + [0, 0, 0, 0] + little(sum) + little(size)
        + little(size) + little(UInt16(name.count)) + little(UInt16(0))
      bytes += [0x50, 0x4B, 3, 4, 20, 0] + common + name + entry.data
      central += [0x50, 0x4B, 1, 2, 20, 0, 20, 0] + common + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
      central += little(entry.offset ?? offset) + name
    }
    let number = little(count ?? UInt16(entries.count))
    let start = little(directory ?? UInt32(bytes.count))
    bytes += central + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + number + number
    bytes += little(UInt32(central.count)) + start + little(UInt16(comment.utf8.count))
    return bytes + Array(comment.utf8)
  }

  /// A file of `torch.save` with a pickle and storages.
  static func torch(_ pickle: [UInt8], _ storages: [String: [UInt8]] = [:]) -> [UInt8] {
    var entries = [Entry(name: "net/data.pkl", data: pickle)]
    entries.append(Entry(name: "net/byteorder", data: Array("little".utf8)))
    for key in storages.keys.sorted() {
      entries.append(Entry(name: "net/data/\(key)", data: storages[key] ?? []))
    }
    return bytes(entries)
  }
}
