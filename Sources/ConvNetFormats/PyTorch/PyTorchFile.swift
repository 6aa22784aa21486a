public import ConvNetGraph

/// A PyTorch weights file (`.pth`, `.pt`, `.th`) that is open for reading: an index of its tensors,
/// each loadable alone.
///
/// Both forms of `torch.save` are read. The pickle inside is interpreted with a few harmless
/// operations only; nothing of Python is executed. A state dict inside a checkpoint is found, and
/// the prefix `module.` of data-parallel training is taken off.
public struct PyTorchFile: Sendable {
  /// What is known about one tensor.
  public struct Entry: Hashable, Sendable {
    /// The tensor's name.
    public let name: String
    /// The type of the stored elements.
    public let elementType: ElementType
    /// The sizes, outermost first.
    public let shape: Shape
    /// Where the first element stands in the storage, in elements.
    let offset: Int
    /// The elements between neighbours along each dimension.
    let strides: [Int]
    let numbers: StoredNumbers
  }

  /// The tensors in the file's order.
  public let entries: [Entry]
  /// What the user should know: entries that were passed over.
  public let notes: [String]
  private let bytes: FileBytes
  private let archive: ZipArchive?
  private let positions: [String: Int]

  /// Whether bytes begin as a file of `torch.save`.
  static func isPyTorch(_ bytes: FileBytes) -> Bool {
    bytes.hasPrefix(ZipArchive.signature) || bytes.hasPrefix([0x80])
  }

  /// Opens a file.
  ///
  /// - Throws: ``ConvNetError``: the file's errors; of kind `unsupported` where the file holds more
  ///   than tensors and plain containers, with the name of the first such thing; `invalidData`
  ///   where it is damaged.
  public init(path: String) throws(ConvNetError) {
    try self.init(FileBytes(path: path))
  }

  /// Reads bytes that are open already.
  ///
  /// - Throws: ``ConvNetError`` as ``init(path:)``.
  public init(_ bytes: FileBytes) throws(ConvNetError) {
    let container = try PyTorchContainer(bytes)
    let state = try StateDictionary(container.root, heap: container.heap, file: bytes.name)
    var entries: [Entry] = []
    var positions: [String: Int] = [:]
    // Tensors may share storages, and a small file could describe a great many that do.
    var budget = bytes.count.multipliedReportingOverflow(by: 4).partialValue + (1 << 20)
    for (name, place) in state.tensors {
      let entry = try Self.entry(name, container.heap.tensors[place], container, bytes.name)
      budget -= entry.shape.count * entry.elementType.size
      guard budget >= 0 else {
        throw ConvNetError(
          .invalidData, "\(bytes.name): describes tensors of more than four times its size")
      }
      positions[name] = entries.count
      entries.append(entry)
    }
    self.entries = entries
    self.positions = positions
    self.bytes = bytes
    notes = container.notes + state.notes
    archive = container.archive
  }

  /// What is known about the tensor of a name, or nil.
  public func entry(named name: String) -> Entry? {
    positions[name].map { entries[$0] }
  }

  /// One tensor, converted to Float32.
  ///
  /// - Throws: ``ConvNetError`` of kind `notFound` where there is no tensor of that name,
  ///   `invalidData` where its checksum is wrong.
  public func tensor(named name: String) throws(ConvNetError) -> Tensor {
    guard let entry = entry(named: name) else {
      throw ConvNetError(
        .notFound, "\(bytes.name): has no tensor \"\(name.escapedForDisplay)\"",
        reason: "it holds \(entries.count) tensors")
    }
    if let archive, let stored = entry.numbers.entry { try archive.verify(stored) }
    var conversion = ElementConversion()
    return read(entry, &conversion)
  }

  /// All tensors, converted to Float32, with a note for each whose numbers do not fit.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidData` where a checksum is wrong.
  public func load() throws(ConvNetError) -> LoadedWeights {
    var loaded = LoadedWeights()
    loaded.notes = notes
    var verified: Set<String> = []
    for entry in entries {
      if let archive, let stored = entry.numbers.entry, verified.insert(stored.name).inserted {
        try archive.verify(stored)
      }
      var conversion = ElementConversion()
      loaded.weights[entry.name] = read(entry, &conversion)
      if let note = conversion.note(about: entry.name) { loaded.notes.append(note) }
    }
    return loaded
  }

  private static func entry(
    _ name: String, _ tensor: PickleHeap.Tensor, _ container: PyTorchContainer, _ file: String
  ) throws(ConvNetError) -> Entry {
    let place = "\(file): tensor \"\(name.escapedForDisplay)\""
    let storage = container.heap.storages[tensor.storage]
    let shape: Shape
    do throws(ConvNetError) {
      shape = try Shape(validating: tensor.sizes)
    } catch {
      throw ConvNetError(.invalidData, "\(place): \(error.summary)", reason: error.reason)
    }
    guard let type = tensor.elementType ?? storage.elementType,
      tensor.strides.count == shape.rank, tensor.offset >= 0
    else {
      throw ConvNetError(.invalidData, "\(place): has a wrong description")
    }
    let available = storage.count * storage.elementSize / type.size
    if shape.count > 0 {
      var steps = [tensor.offset]
      for (size, stride) in zip(shape.dimensions, tensor.strides) {
        steps.append(checkedProduct([size - 1, stride]) ?? -1)
      }
      guard let last = checkedSum(steps), last < available else {
        throw ConvNetError(
          .invalidData, "\(place): reaches outside its storage of \(available) elements",
          reason: "offset \(tensor.offset), sizes \(shape), strides \(tensor.strides)")
      }
      guard shape.count <= available else {
        throw ConvNetError(
          .unsupported, "\(place): repeats elements of its storage",
          reason: "\(shape.count) elements of a storage of \(available)")
      }
    }
    return Entry(
      name: name, elementType: type, shape: shape, offset: tensor.offset,
      strides: tensor.strides, numbers: container.numbers[tensor.storage])
  }

  private func read(_ entry: Entry, _ conversion: inout ElementConversion) -> Tensor {
    let size = entry.elementType.size
    return bytes.withUnsafeBytes { raw in
      let storage = UnsafeRawBufferPointer(rebasing: raw[entry.numbers.range])
      return Tensor(uninitialized: entry.shape) { target in
        guard !target.isEmpty else { return }
        if entry.strides == entry.shape.strides {
          let first = entry.offset * size
          conversion.convert(
            UnsafeRawBufferPointer(rebasing: storage[first..<(first + target.count * size)]),
            as: entry.elementType, into: target)
        } else {
          Self.gather(entry, storage).withUnsafeBytes {
            conversion.convert($0, as: entry.elementType, into: target)
          }
        }
      }
    }
  }

  /// The elements of a view in row-major order.
  private static func gather(_ entry: Entry, _ storage: UnsafeRawBufferPointer) -> [UInt8] {
    let size = entry.elementType.size
    let sizes = entry.shape.dimensions
    var gathered: [UInt8] = []
    gathered.reserveCapacity(entry.shape.count * size)
    var index = [Int](repeating: 0, count: sizes.count)
    var position = entry.offset
    for _ in 0..<entry.shape.count {
      gathered.append(contentsOf: storage[(position * size)..<((position + 1) * size)])
      // The next index, as an odometer turns.
      for dimension in sizes.indices.reversed() {
        index[dimension] += 1
        position += entry.strides[dimension]
        if index[dimension] < sizes[dimension] { break }
        position -= entry.strides[dimension] * sizes[dimension]
        index[dimension] = 0
      }
    }
    return gathered
  }
}
