public import ConvNetGraph

/// A safetensors file that is open for reading: an index of its tensors, each loadable alone.
///
/// The file is mapped into memory; opening it reads and checks the header only.
public struct SafetensorsFile: Sendable {
  /// What the header says about one tensor.
  public struct Entry: Hashable, Sendable {
    /// The tensor's name.
    public let name: String
    /// The type of the stored elements.
    public let elementType: ElementType
    /// The sizes, outermost first.
    public let shape: Shape
    /// Where the elements stand in the file, row-major, lowest byte first.
    public let byteRange: Range<Int>
  }

  /// The tensors in the header's order.
  public let entries: [Entry]
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  private let bytes: FileBytes
  private let positions: [String: Int]

  /// Opens a file.
  ///
  /// - Throws: ``ConvNetError``: the file's errors, or of kind `invalidData` where the header breaks
  ///   the format: overlaps, holes, bytes behind the last tensor, equal names, sizes that differ
  ///   from shape times element size.
  public init(path: String) throws(ConvNetError) {
    try self.init(FileBytes(path: path))
  }

  /// Reads bytes that are open already.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidData` as ``init(path:)``.
  public init(_ bytes: FileBytes) throws(ConvNetError) {
    let header = try SafetensorsHeader(reading: bytes)
    entries = header.entries
    metadata = header.metadata
    self.bytes = bytes
    var positions: [String: Int] = [:]
    positions.reserveCapacity(header.entries.count)
    for (index, entry) in header.entries.enumerated() { positions[entry.name] = index }
    self.positions = positions
  }

  /// What the header says about the tensor of a name, or nil.
  public func entry(named name: String) -> Entry? {
    positions[name].map { entries[$0] }
  }

  /// One tensor, converted to Float32.
  ///
  /// Float32 numbers of a large file that begin at a multiple of 64 bytes are not copied: the tensor
  /// looks into the file, which must not be changed in place as long as the tensor lives. (Replacing
  /// the file by another one of its name, as every writer of this library does, changes nothing.)
  ///
  /// - Throws: ``ConvNetError`` of kind `notFound` where there is no tensor of that name.
  public func tensor(named name: String) throws(ConvNetError) -> Tensor {
    guard let entry = entry(named: name) else { throw missing(name) }
    var conversion = ElementConversion()
    return read(entry, &conversion)
  }

  /// All tensors, converted to Float32 as ``tensor(named:)`` does, with a note for each whose numbers
  /// do not fit.
  public func load() -> LoadedWeights {
    var loaded = LoadedWeights()
    loaded.metadata = metadata
    for entry in entries {
      var conversion = ElementConversion()
      loaded.weights[entry.name] = read(entry, &conversion)
      if let note = conversion.note(about: entry.name) { loaded.notes.append(note) }
    }
    return loaded
  }

  /// One tensor as it is stored: of its own element type, not converted.
  ///
  /// - Throws: ``ConvNetError`` of kind `notFound` where there is no tensor of that name.
  public func data(named name: String) throws(ConvNetError) -> TensorData {
    guard let entry = entry(named: name) else { throw missing(name) }
    return data(of: entry)
  }

  /// All tensors as they are stored, in the header's order.
  public func loadData() -> [TensorData] { entries.map(data(of:)) }

  private func data(of entry: Entry) -> TensorData {
    TensorData(
      name: entry.name, elementType: entry.elementType, shape: entry.shape,
      checkedBytes: bytes.withUnsafeBytes { Array($0[entry.byteRange]) })
  }

  /// Calls a closure with one tensor's stored bytes: its ``Entry/elementType``, lowest byte first.
  ///
  /// - Throws: ``ConvNetError`` of kind `notFound` where there is no tensor of that name.
  public func withUnsafeBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws(ConvNetError) -> Result
  ) throws(ConvNetError) -> Result {
    guard let entry = entry(named: name) else { throw missing(name) }
    return try bytes.withUnsafeBytes { (raw) throws(ConvNetError) in
      try body(UnsafeRawBufferPointer(rebasing: raw[entry.byteRange]))
    }
  }

  private func read(_ entry: Entry, _ conversion: inout ElementConversion) -> Tensor {
    if let view = view(entry) { return view }
    return bytes.withUnsafeBytes { raw in
      Tensor(uninitialized: entry.shape) { target in
        conversion.convert(
          UnsafeRawBufferPointer(rebasing: raw[entry.byteRange]), as: entry.elementType,
          into: target)
      }
    }
  }

  /// Below this size a copy costs nothing.
  private static let leastViewedBytes = 1 << 12

  /// A tensor that looks into the mapped file, where the numbers stand there as they do in memory.
  private func view(_ entry: Entry) -> Tensor? {
    guard bytes.isMapped, entry.elementType == .float32, Int(littleEndian: 1) == 1,
      entry.byteRange.count >= SafetensorsFile.leastViewedBytes
    else { return nil }
    return bytes.withUnsafeBytes { raw -> Tensor? in
      guard let start = raw.baseAddress.map({ $0 + entry.byteRange.lowerBound }),
        UInt(bitPattern: start).isMultiple(of: 64)
      else { return nil }
      return Tensor(
        entry.shape, viewing: start.assumingMemoryBound(to: Float.self), owner: bytes)
    }
  }

  private func missing(_ name: String) -> ConvNetError {
    ConvNetError(
      .notFound, "\(bytes.name): has no tensor \"\(name.escapedForDisplay)\"",
      reason: "it holds \(entries.count) tensors")
  }
}
