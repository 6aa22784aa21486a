internal import ConvNetGraph

/// An array of bytes in the IDX format of the MNIST files (description: LeCun, "The MNIST
/// database"): a magic number with the number of dimensions, the sizes, the bytes.
struct IDXArray: Sendable {
  /// The sizes, outermost first.
  let dimensions: [Int]
  private let bytes: FileBytes
  private let dataStart: Int

  /// The largest array that is unpacked from a gzip file.
  private static let unpackedLimit = 4 << 30

  /// Opens a file, plain or packed with gzip (told apart by content), of the given rank.
  init(path: String, rank: ClosedRange<Int>) throws(ConvNetError) {
    try self.init(FileBytes(path: path), rank: rank)
  }

  /// Reads bytes that are open already.
  init(_ file: FileBytes, rank: ClosedRange<Int>) throws(ConvNetError) {
    guard file.hasPrefix(InflateReader.signature) else {
      var reader = ByteReader(file)
      dimensions = try Self.header(&reader, rank: rank, name: file.name)
      bytes = file
      dataStart = reader.offset
      try Self.check(file.name, dataStart, dimensions, actual: "\(file.count)", is: file.count)
      return
    }
    var gzip = try InflateReader(file)
    let first = try gzip.read(upTo: 4)
    let sizes = try gzip.read(upTo: 4 * Int(first.count == 4 ? first[3] : 0))
    var reader = ByteReader(FileBytes(first + sizes, name: file.name))
    dimensions = try Self.header(&reader, rank: rank, name: file.name)
    dataStart = 0
    let headerSize = reader.offset
    guard let wanted = checkedProduct(dimensions), wanted <= Self.unpackedLimit else {
      throw ConvNetError(
        .invalidData, "\(file.name): announces \(Self.shown(dimensions)) bytes",
        reason: "the limit is \(Self.unpackedLimit)")
    }
    let data = try gzip.read(upTo: wanted)
    // Whatever follows is counted, up to a bound, so that the message can say how much it is.
    let surplus = try gzip.read(upTo: 1 << 20).count
    let total = headerSize + data.count + surplus
    try Self.check(
      file.name, headerSize, dimensions,
      actual: surplus == 1 << 20 ? "more than \(total)" : "\(total)", is: total)
    bytes = FileBytes(data, name: file.name)
  }

  /// Calls a closure with the bytes of the elements from `start` on.
  func withElements<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    bytes.withUnsafeBytes { raw in
      body(
        UnsafeRawBufferPointer(
          rebasing: raw[(dataStart + range.lowerBound)..<(dataStart + range.upperBound)]))
    }
  }

  private static func header(
    _ reader: inout ByteReader, rank: ClosedRange<Int>, name: String
  ) throws(ConvNetError) -> [Int] {
    let magic = try reader.array(4, "the IDX header")
    guard magic[0] == 0, magic[1] == 0 else {
      let shown = magic.map { String($0, radix: 16) }.joined(separator: " ")
      throw ConvNetError(
        .invalidData, "\(name): is not an IDX file", reason: "it begins with the bytes \(shown)")
    }
    guard magic[2] == 8 else {
      throw ConvNetError(
        .unsupported, "\(name): holds elements of IDX type \(magic[2])",
        reason: "only bytes (type 8) are read")
    }
    guard rank.contains(Int(magic[3])) else {
      let wanted =
        rank.count == 1 ? "\(rank.lowerBound)" : "\(rank.lowerBound) to \(rank.upperBound)"
      throw ConvNetError(
        .invalidData, "\(name): has \(magic[3]) dimensions", reason: "expected are \(wanted)")
    }
    var dimensions: [Int] = []
    for _ in 0..<magic[3] {
      dimensions.append(Int(try reader.bigEndian(UInt32.self, "the IDX header")))
    }
    return dimensions
  }

  private static func check(
    _ name: String, _ headerSize: Int, _ dimensions: [Int], actual: String, is count: Int
  ) throws(ConvNetError) {
    let expected = checkedProduct(dimensions).flatMap { checkedSum([headerSize, $0]) }
    guard expected == count else {
      throw ConvNetError(
        .invalidData,
        "\(name): expected \(expected.map(String.init) ?? "too many") bytes for "
          + "\(shown(dimensions)), file has \(actual)")
    }
  }

  private static func shown(_ dimensions: [Int]) -> String {
    dimensions.map(String.init).joined(separator: " x ")
  }
}
