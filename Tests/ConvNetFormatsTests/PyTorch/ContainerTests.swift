import ConvNetGraph
import Testing

@testable import ConvNetFormats

/// The two forms of `torch.save`: zip and stream.
@Suite struct ContainerTests {
  static let pickle = PickleWriter.dictionary { writer in
    writer.string("t")
    writer.tensor("0", count: 2, sizes: [2], strides: [1])
  }
  static let storage = PyTorchFileTests.raw([1, 2] as [Float])

  private func read(_ bytes: [UInt8]) throws -> PyTorchFile {
    try PyTorchFile(FileBytes(bytes, name: "p"))
  }

  private static func entries(_ change: (inout [ZipWriter.Entry]) -> Void) -> [UInt8] {
    var entries = [
      ZipWriter.Entry(name: "net/data.pkl", data: pickle),
      ZipWriter.Entry(name: "net/data/0", data: storage),
    ]
    change(&entries)
    return ZipWriter.bytes(entries)
  }

  @Test func readsZipsWithComments() throws {
    let bytes = ZipWriter.bytes(
      [.init(name: "x/data.pkl", data: Self.pickle), .init(name: "x/data/0", data: Self.storage)],
      comment: "PK\u{5}\u{6} a comment that looks like an end")
    #expect(try read(bytes).tensor(named: "t").elements == [1, 2])
  }

  static let wrongZips: [([UInt8], String)] = [
    (Array("PK\u{3}\u{4}".utf8), "p: is a damaged zip file\n  the record at its end is missing"),
    (
      Array(entries { _ in }.dropLast()),
      "p: is a damaged zip file\n  the record at its end is missing"
    ),
    (
      Array(entries { _ in }.prefix(300)),
      "p: is a damaged zip file\n  the record at its end is missing"
    ),
    (
      ZipWriter.bytes([.init(name: "net/data.pkl", data: pickle)], count: 2),
      "p: is a damaged zip file\n  2 entries are announced, there are 1"
    ),
    (
      ZipWriter.bytes([.init(name: "net/data.pkl", data: pickle)], count: 65_535),
      "p: is a damaged zip file\n  65535 entries are announced, there are 1"
    ),
    (
      ZipWriter.bytes([.init(name: "net/data.pkl", data: pickle)], directory: .max),
      "p: is a damaged zip file\n  its directory is said to be at 4294967295"
    ),
    (
      ZipWriter.bytes([.init(name: "net/data.pkl", data: pickle)], directory: 0),
      "p: is a damaged zip file\n  no directory entry at byte 0"
    ),
    (entries { $0[0].method = 8 }, "p: entry \"net/data.pkl\": is compressed (method 8)"),
    (entries { $0[0].flags = 1 }, "p: entry \"net/data.pkl\": is encrypted"),
    (entries { $0[0].checksum = 7 }, "p: entry \"net/data.pkl\": has a wrong checksum"),
    (entries { $0[0].size = 1 << 30 }, "p: ends inside zip entry \"net/data.pkl\""),
    (entries { $0[0].offset = 7 }, "p: entry \"net/data.pkl\": has no local header"),
    (entries { $0[0].offset = .max }, "p: a zip entry is said to be at byte 4294967295"),
    (entries { $0[1].name = "net/data/1" }, "p: the storage \"0\" is missing"),
    (entries { $0[1].name = "net/data.pkl" }, "p: holds two entries \"net/data.pkl\""),
    (entries { $0.append(.init(name: "b/data.pkl", data: pickle)) }, "p: holds 2 entries data.pkl"),
    (entries { $0[0].name = "data.pkl" }, "p: is a zip file, but not one of PyTorch"),
    (entries { $0[0].name = "a/b/data.pkl" }, "p: is a zip file, but not one of PyTorch"),
    (
      entries { $0.append(.init(name: "net/byteorder", data: Array("big".utf8))) },
      "p: was written on a machine with the highest byte first"
    ),
    (Array("hello".utf8), "p: is not a PyTorch file\n  it begins neither as a zip file"),
  ]

  @Test(arguments: wrongZips.indices) func refusesWrongZips(index: Int) {
    let (bytes, text) = Self.wrongZips[index]
    let error = thrownError { try read(bytes) }
    #expect(error?.description.hasPrefix(text) == true, "\(error?.description ?? "")")
  }

  @Test func manyEntriesAreIndexedQuickly() {
    let many = (0..<60_000).map { ZipWriter.Entry(name: "net/data/\($0)", data: []) }
    let clock = ContinuousClock()
    let bytes = ZipWriter.bytes(many)
    let start = clock.now
    expectError(
      .invalidData,
      "p: is a zip file, but not one of PyTorch\n  it has no entry NAME/data.pkl"
    ) { try read(bytes) }
    #expect(clock.now - start < .seconds(5))
  }

  /// The older form from its parts.
  static func stream(
    magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19],
    version: Int = 1001, isLittle: Bool = true, keys: [String] = ["0"],
    object: [UInt8]? = nil, data: [UInt8]? = nil
  ) -> [UInt8] {
    var first = PickleWriter()
    first.operation(.long1, [UInt8(magic.count)] + magic)
    var second = PickleWriter()
    second.int(version)
    let third = PickleWriter.dictionary { writer in
      writer.string("little_endian")
      writer.operation(isLittle ? .newTrue : .newFalse)
    }
    let fourth =
      object
      ?? PickleWriter.dictionary { writer in
        writer.string("t")
        writer.tensor("0", count: 2, sizes: [2], strides: [1], isOld: true)
      }
    var fifth = PickleWriter()
    fifth.operation(.emptyList)
    fifth.operation(.mark)
    for key in keys { fifth.string(key) }
    fifth.operation(.appends)
    let numbers = data ?? PyTorchFileTests.raw([2] as [Int]) + storage
    return first.finished + second.finished + third + fourth + fifth.finished + numbers
  }

  @Test func readsTheOlderFormAndItsViews() throws {
    #expect(try read(Self.stream()).tensor(named: "t").elements == [1, 2])
    let view = PickleWriter.dictionary { writer in
      writer.string("t")
      writer.tensor("0", count: 2, sizes: [1], strides: [1], view: [1, 1], isOld: true)
    }
    #expect(try read(Self.stream(object: view)).tensor(named: "t").elements == [2])
  }

  static let wrongStreams: [([UInt8], String)] = [
    (stream(magic: [1, 2, 3]), "p: is a pickle, but not one of torch.save\n  the magic number"),
    (stream(version: 1), "p: has an unknown version of torch.save"),
    (stream(isLittle: false), "p: was written on a machine with the highest byte first"),
    (stream(keys: []), "p: 16 bytes follow the last storage"),
    (stream(keys: [], data: []), "p: the storage \"0\" is missing"),
    (stream(keys: ["1"]), "p: the storage \"1\" belongs to no tensor"),
    (
      stream(keys: ["0", "0"], data: PyTorchFileTests.raw([0, 0] as [Int])),
      "p: the storage \"0\" stands twice"
    ),
    (stream(data: []), "p: ends inside the size of storage \"0\""),
    (stream(data: PyTorchFileTests.raw([3] as [Int]) + storage), "p: ends inside storage \"0\""),
    (
      stream(data: PyTorchFileTests.raw([-1] as [Int])),
      "p: the size of storage \"0\" is 18446744073709551615"
    ),
    (
      stream(data: PyTorchFileTests.raw([Int.max] as [Int])),
      "p: the storage \"0\" has 9223372036854775807 elements"
    ),
    (
      stream(data: PyTorchFileTests.raw([2] as [Int]) + storage + [0]),
      "p: 1 bytes follow the last storage"
    ),
    (
      stream(data: PyTorchFileTests.raw([1] as [Int]) + [0, 0, 0, 0]),
      "p: the storage \"0\" has 1 elements\n  2 of F32 are announced"
    ),
    (
      stream(
        object: PickleWriter.dictionary { writer in
          writer.string("t")
          writer.tensor("0", count: 2, sizes: [1], strides: [1], view: [2, 1], isOld: true)
        }), "p: the storage \"0\" has 2 elements\n  1 of F32 are announced"
    ),
    (
      stream(object: Array("\u{80}\u{2}cos\nsystem\n.".unicodeScalars.map { UInt8($0.value) })),
      "p: not a plain state dict: refers to os.system"
    ),
    ([0x80, 2, 0x7D, 0x2E], "p: is a pickle, but not one of torch.save"),
  ]

  @Test(arguments: wrongStreams.indices) func refusesWrongStreams(index: Int) {
    let (bytes, text) = Self.wrongStreams[index]
    let error = thrownError { try read(bytes) }
    #expect(error?.description.hasPrefix(text) == true, "\(error?.description ?? "")")
  }

  @Test func survivesDamage() {
    survivesMutations(of: Self.entries { _ in }, focus: 1_000) { _ = try read($0).load() }
    survivesMutations(of: Self.stream(), focus: 1_000) { _ = try read($0).load() }
  }

  @Test func weightsAreToldApartByContent() throws {
    let folder = try TemporaryFolder()
    let zip = try folder.write(Self.entries { _ in }, to: "a")
    let stream = try folder.write(Self.stream(), to: "b")
    let safe = try folder.write(
      SafetensorsFile.bytes(of: Weights([("t", Tensor([2], repeating: 3))])), to: "c")
    #expect(try WeightsFile.load(zip).weights["t"]?.elements == [1, 2])
    #expect(try WeightsFile.load(stream).weights["t"]?.elements == [1, 2])
    #expect(try WeightsFile.load(safe).weights["t"]?.elements == [3, 3])
    let other = try folder.write(Array("<html> not weights".utf8), to: "d")
    expectError(
      .invalidData,
      "\(other): is no weights file that is known\n"
        + "  read are safetensors and the files of torch.save (.pth, .pt, .th)"
    ) { try WeightsFile.load(other) }
    let empty = try folder.write([], to: "e")
    expectError(.invalidData, "\(empty): is empty") { try WeightsFile.load(empty) }
  }
}
