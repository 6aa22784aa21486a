internal import ConvNetGraph

/// Where the numbers of a storage are in the file.
struct StoredNumbers: Hashable, Sendable {
  let range: Range<Int>
  /// The zip entry whose checksum covers them; nil in old files, which have none.
  let entry: ZipArchive.Entry?
}

/// What both forms of `torch.save` have in common: a pickle, and the numbers beside it.
struct PyTorchContainer: Sendable {
  let root: PickleValue
  let heap: PickleHeap
  /// The numbers of each storage of the heap.
  let numbers: [StoredNumbers]
  /// The zip file with its checksums; nil where there are none.
  let archive: ZipArchive?
  let notes: [String]

  /// Opens the form that the first bytes tell.
  init(_ bytes: FileBytes) throws(ConvNetError) {
    if bytes.hasPrefix(ZipArchive.signature) {
      try self.init(zip: bytes)
    } else if bytes.hasPrefix([0x80]) {
      try self.init(stream: bytes)
    } else {
      throw ConvNetError(
        .invalidData, "\(bytes.name): is not a PyTorch file",
        reason: "it begins neither as a zip file nor as a pickle")
    }
  }

  /// The form since PyTorch 1.6: a zip file with ROOT/data.pkl and ROOT/data/KEY.
  private init(zip bytes: FileBytes) throws(ConvNetError) {
    let archive = try ZipArchive(bytes)
    let name = bytes.name
    let pickles = archive.entries.filter { entry in
      entry.name.hasSuffix("/data.pkl") && entry.name.utf8.count { $0 == UInt8(ascii: "/") } == 1
    }
    guard let pickle = pickles.first else {
      throw ConvNetError(
        .invalidData, "\(name): is a zip file, but not one of PyTorch",
        reason: "it has no entry NAME/data.pkl")
    }
    guard pickles.count == 1 else {
      throw ConvNetError(.invalidData, "\(name): holds \(pickles.count) entries data.pkl")
    }
    let root = pickle.name.dropLast("data.pkl".count)
    if let order = archive.entry(named: root + "byteorder") {
      let text = try bytes.slice(archive.range(of: order), name: "byteorder")
      guard text.hasPrefix(Array("little".utf8)) else {
        throw ConvNetError(
          .unsupported, "\(name): was written on a machine with the highest byte first")
      }
    }
    // torch.serialization.set_crc32_options(False) leaves all checksums 0.
    let hasChecksums = archive.entries.contains { $0.checksum != 0 }
    if hasChecksums { try archive.verify(pickle) }
    var machine = PickleMachine(try ByteReader(bytes, range: archive.range(of: pickle)))
    self.root = try machine.run()
    heap = machine.heap
    self.archive = hasChecksums ? archive : nil
    notes =
      hasChecksums
      ? [] : ["\(name): was written without checksums, so damage to it cannot be noticed"]

    var numbers: [StoredNumbers] = []
    for storage in heap.storages {
      let shown = storage.key.escapedForDisplay
      guard let entry = archive.entry(named: root + "data/" + storage.key) else {
        throw ConvNetError(.invalidData, "\(name): the storage \"\(shown)\" is missing")
      }
      guard checkedProduct([storage.count, storage.elementSize]) == entry.size else {
        throw ConvNetError(
          .invalidData, "\(name): the storage \"\(shown)\" has \(entry.size) bytes",
          reason: "\(storage.count) elements of \(storage.typeName) are announced")
      }
      numbers.append(StoredNumbers(range: try archive.range(of: entry), entry: entry))
    }
    self.numbers = numbers
  }

  /// The older form: four pickles (a magic number, the version, the machine, the object), a pickle
  /// with the storages' keys, then for each key its number of elements and these.
  private init(stream bytes: FileBytes) throws(ConvNetError) {
    let name = bytes.name
    var machine = PickleMachine(ByteReader(bytes))
    // 0x1950a86a20f9469cfc6c
    let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    guard case .long(let number) = try machine.run(), number == magic else {
      throw ConvNetError(
        .invalidData, "\(name): is a pickle, but not one of torch.save",
        reason: "the magic number is missing")
    }
    guard case .int(1001) = try machine.run() else {
      throw ConvNetError(.unsupported, "\(name): has an unknown version of torch.save")
    }
    let system = try machine.run()
    if case .dictionary(let place) = system {
      for (key, value) in machine.heap.dictionaries[place] {
        if case .string("little_endian") = key, case .bool(false) = value {
          throw ConvNetError(
            .unsupported, "\(name): was written on a machine with the highest byte first")
        }
      }
    }
    root = try machine.run()
    let keys = try Self.keys(try machine.run(), machine.heap, file: name)
    heap = machine.heap
    archive = nil
    notes = []
    numbers = try Self.numbers(keys, heap, machine.reader)
  }

  private static func keys(
    _ value: PickleValue, _ heap: PickleHeap, file: String
  ) throws(ConvNetError) -> [String] {
    var keys: [String] = []
    if case .list(let place) = value {
      for item in heap.sequences[place] {
        if case .string(let key) = item { keys.append(key) }
      }
      if keys.count == heap.sequences[place].count { return keys }
    }
    throw ConvNetError(
      .invalidData, "\(file): is a damaged PyTorch file",
      reason: "the list of storages is missing")
  }

  private static func numbers(
    _ keys: [String], _ heap: PickleHeap, _ start: ByteReader
  ) throws(ConvNetError) -> [StoredNumbers] {
    var reader = start
    let name = reader.bytes.name
    var sizes: [String: Int] = [:]
    for storage in heap.storages { sizes[storage.key] = storage.elementSize }
    var blocks: [String: (range: Range<Int>, count: Int)] = [:]
    for key in keys {
      let shown = key.escapedForDisplay
      guard let elementSize = sizes[key] else {
        throw ConvNetError(
          .invalidData, "\(name): the storage \"\(shown)\" belongs to no tensor")
      }
      let count = try reader.littleEndianSize("the size of storage \"\(shown)\"")
      guard let size = checkedProduct([count, elementSize]) else {
        throw ConvNetError(
          .invalidData, "\(name): the storage \"\(shown)\" has \(count) elements")
      }
      let range = try reader.take(size, "storage \"\(shown)\"")
      guard blocks.updateValue((range, count), forKey: key) == nil else {
        throw ConvNetError(.invalidData, "\(name): the storage \"\(shown)\" stands twice")
      }
    }
    guard reader.remaining == 0 else {
      throw ConvNetError(
        .invalidData, "\(name): \(reader.remaining) bytes follow the last storage")
    }
    var numbers: [StoredNumbers] = []
    for storage in heap.storages {
      let shown = storage.key.escapedForDisplay
      guard let block = blocks[storage.key] else {
        throw ConvNetError(.invalidData, "\(name): the storage \"\(shown)\" is missing")
      }
      guard sizes[storage.key] == storage.elementSize,
        let end = checkedSum([storage.viewOffset, storage.count]), end <= block.count
      else {
        throw ConvNetError(
          .invalidData, "\(name): the storage \"\(shown)\" has \(block.count) elements",
          reason: "\(storage.count) of \(storage.typeName) are announced")
      }
      let size = storage.elementSize
      let first = block.range.lowerBound + storage.viewOffset * size
      numbers.append(StoredNumbers(range: first..<(first + storage.count * size), entry: nil))
    }
    return numbers
  }
}
