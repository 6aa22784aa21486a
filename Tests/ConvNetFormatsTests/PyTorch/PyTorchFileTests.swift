import ConvNetGraph
import Testing

@testable import ConvNetFormats

@Suite struct PyTorchFileTests {
  static func raw<Number>(_ values: [Number]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  static let numbers = raw((0..<24).map { Float($0) })

  private func read(_ bytes: [UInt8]) throws -> PyTorchFile {
    try PyTorchFile(FileBytes(bytes, name: "p"))
  }

  /// One tensor "t" over a storage "0".
  private func one(
    _ data: [UInt8] = numbers, type: String = "FloatStorage", count: Int = 24, sizes: [Int],
    strides: [Int], offset: Int = 0
  ) throws -> PyTorchFile {
    let pickle = PickleWriter.dictionary { writer in
      writer.string("t")
      writer.tensor(
        "0", type: type, count: count, sizes: sizes, strides: strides, offset: offset)
    }
    return try read(ZipWriter.torch(pickle, ["0": data]))
  }

  @Test func readsContiguousAndStridedViews() throws {
    let plain = try one(sizes: [2, 3, 4], strides: [12, 4, 1])
    #expect(try plain.tensor(named: "t").elements == (0..<24).map { Float($0) })
    let transposed = try one(sizes: [4, 3, 2], strides: [1, 4, 12])
    let tensor = try transposed.tensor(named: "t")
    #expect(tensor.shape == [4, 3, 2])
    #expect(tensor[1, 2, 1] == 21)
    #expect(tensor[3, 0, 1] == 15)
    let part = try one(sizes: [2, 2], strides: [4, 2], offset: 5)
    #expect(try part.tensor(named: "t").elements == [5, 7, 9, 11])
    #expect(try one(sizes: [], strides: [], offset: 23).tensor(named: "t").elements == [23])
    #expect(try one(sizes: [0, 5], strides: [5, 1]).tensor(named: "t").count == 0)
    // A size of one may have any stride.
    #expect(try one(sizes: [1, 2], strides: [99, 1]).tensor(named: "t").elements == [0, 1])
  }

  @Test func convertsEveryStorage() throws {
    func values(_ type: String, _ data: [UInt8]) throws -> [Float] {
      try one(data, type: type, count: 2, sizes: [2], strides: [1]).tensor(named: "t").elements
    }
    #expect(try values("DoubleStorage", Self.raw([1.5, -2.0])) == [1.5, -2])
    #expect(try values("HalfStorage", Self.raw([0x3C00, 0xC500] as [UInt16])) == [1, -5])
    #expect(try values("BFloat16Storage", Self.raw([0x3FC0, 0xC000] as [UInt16])) == [1.5, -2])
    #expect(try values("LongStorage", Self.raw([7, -9] as [Int64])) == [7, -9])
    #expect(try values("IntStorage", Self.raw([7, -9] as [Int32])) == [7, -9])
    #expect(try values("ShortStorage", Self.raw([7, -9] as [Int16])) == [7, -9])
    #expect(try values("CharStorage", Self.raw([7, -9] as [Int8])) == [7, -9])
    #expect(try values("ByteStorage", [7, 249]) == [7, 249])
    #expect(try values("BoolStorage", [0, 1]) == [0, 1])
  }

  @Test func findsTheStateDictInACheckpoint() throws {
    func checkpoint(_ keys: [String]) -> [UInt8] {
      PickleWriter.dictionary { writer in
        writer.string("epoch")
        writer.int(7)
        for (index, key) in keys.enumerated() {
          writer.string(key)
          writer.operation(.emptyDict)
          writer.operation(.mark)
          writer.string("module.fc.bias")
          writer.tensor("0", count: 24, sizes: [1], strides: [1], offset: index)
          writer.string("module.steps")
          writer.int(3)
          writer.operation(.setItems)
        }
      }
    }
    let storages = ["0": Self.numbers]
    let file = try read(ZipWriter.torch(checkpoint(["ema", "state_dict", "other"]), storages))
    #expect(file.entries.map(\.name) == ["fc.bias"])
    #expect(try file.tensor(named: "fc.bias").elements == [1])
    #expect(
      file.notes == ["1 entries that are no tensors were passed over: module.steps"])
    #expect(try read(ZipWriter.torch(checkpoint(["mine"]), storages)).entries.count == 1)
    expectError(
      .unsupported,
      "p: holds 2 sets of weights\n  none of them is called state_dict, model_state_dict, model, "
        + "net, network, weights, params, module, state_dict_ema, model_ema, ema"
    ) { try read(ZipWriter.torch(checkpoint(["a", "b"]), storages)) }
  }

  @Test func sharedStoragesAreReadForEachTensor() throws {
    let pickle = PickleWriter.dictionary { writer in
      for name in ["a", "b"] {
        writer.string(name)
        writer.tensor("0", count: 24, sizes: [24], strides: [1])
      }
    }
    let loaded = try read(ZipWriter.torch(pickle, ["0": Self.numbers])).load()
    #expect(loaded.weights.names == ["a", "b"])
    #expect(loaded.weights["a"] == loaded.weights["b"])
  }

  @Test func manyViewsOfOneStorageAreRefused() throws {
    let pickle = PickleWriter.dictionary { writer in
      for index in 0..<1_000 {
        writer.string("t\(index)")
        writer.tensor("0", count: 100_000, sizes: [100_000], strides: [1])
      }
    }
    let storage = [UInt8](repeating: 0, count: 400_000)
    expectError(
      .invalidData, "p: describes tensors of more than four times its size"
    ) { try read(ZipWriter.torch(pickle, ["0": storage])) }
  }

  /// Lies about a view of 24 numbers: sizes, strides, offset, the error's text behind the name.
  static let lies: [([Int], [Int], Int, String)] = [
    (
      [25], [1], 0,
      "reaches outside its storage of 24 elements\n  offset 0, sizes [25], strides [1]"
    ),
    (
      [2], [24], 0,
      "reaches outside its storage of 24 elements\n  offset 0, sizes [2], strides [24]"
    ),
    (
      [1], [1], 24,
      "reaches outside its storage of 24 elements\n  offset 24, sizes [1], strides [1]"
    ),
    ([1], [1], -1, "has a wrong description"),
    ([2], [1, 1], 0, "has a wrong description"),
    (
      [2, 2], [-1, 1], 4,
      "reaches outside its storage of 24 elements\n  offset 4, sizes [2, 2], strides [-1, 1]"
    ),
    ([-1], [1], 0, "a dimension of size -1 in shape [-1]\n  each size must be in 0...2147483647"),
    (
      [1 << 31], [0], 0,
      "a dimension of size 2147483648 in shape [2147483648]\n  each size must be in 0...2147483647"
    ),
    (
      [1 << 30, 1 << 30], [0, 0], 0,
      "shape [1073741824, 1073741824] has too many elements\n  the limit is 2^40 elements"
    ),
    ([100], [0], 0, "repeats elements of its storage\n  100 elements of a storage of 24"),
    (
      [2], [.max], 0,
      "reaches outside its storage of 24 elements\n  offset 0, sizes [2], strides [9223372036854775807]"
    ),
    (
      [3], [1 << 62], 0,
      "reaches outside its storage of 24 elements\n  offset 0, sizes [3], strides [4611686018427387904]"
    ),
    (
      [2], [1], .max,
      "reaches outside its storage of 24 elements\n  offset 9223372036854775807, sizes [2], strides [1]"
    ),
  ]

  @Test(arguments: lies.indices) func refusesViewsThatDoNotFit(index: Int) {
    let (sizes, strides, offset, text) = Self.lies[index]
    let error = thrownError { try one(sizes: sizes, strides: strides, offset: offset) }
    #expect(error?.description == "p: tensor \"t\": " + text)
  }

  @Test func refusesStoragesThatDoNotFit() {
    expectError(
      .invalidData,
      "p: the storage \"0\" has 96 bytes\n  25 elements of F32 are announced"
    ) { try one(count: 25, sizes: [1], strides: [1]) }
    expectError(
      .invalidData,
      "p: the storage \"0\" has 96 bytes\n  4611686018427387904 elements of F32 are announced"
    ) { try one(count: 1 << 62, sizes: [1], strides: [1]) }
    let pickle = PickleWriter.dictionary { writer in
      writer.string("t")
      writer.tensor("../0", count: 1, sizes: [1], strides: [1])
    }
    expectError(.invalidData, "p: the storage \"../0\" is missing") {
      try read(ZipWriter.torch(pickle))
    }
  }

  @Test func checksumsAreChecked() throws {
    let pickle = PickleWriter.dictionary { writer in
      writer.string("t")
      writer.tensor("0", count: 24, sizes: [24], strides: [1])
    }
    var bytes = ZipWriter.torch(pickle, ["0": Self.numbers])
    let place = try #require(bytes.indices.last { bytes[$0...].starts(with: Self.numbers) })
    bytes[place + 3] ^= 1
    let file = try read(bytes)
    let text = "p: entry \"net/data/0\": has a wrong checksum\n  the file is damaged"
    expectError(.invalidData, text) { try file.tensor(named: "t") }
    expectError(.invalidData, text) { try file.load() }
    expectError(.notFound, "p: has no tensor \"x\"\n  it holds 1 tensors") {
      try file.tensor(named: "x")
    }
  }

  /// Types that PyTorch has no storage class for: uint16, uint32, uint64.
  @Test func readsTensorsOverPlainBytes() throws {
    func file(_ data: [UInt8], _ type: String, sizes: [Int], offset: Int = 0) throws -> PyTorchFile
    {
      let pickle = PickleWriter.dictionary { writer in
        writer.string("t")
        writer.tensor(
          "0", count: data.count, sizes: sizes, strides: [1], offset: offset, bytesOf: type)
      }
      return try read(ZipWriter.torch(pickle, ["0": data]))
    }
    let small = try file(Self.raw([7, 65_535] as [UInt16]), "uint16", sizes: [2])
    #expect(try small.tensor(named: "t").elements == [7, 65_535])
    #expect(small.entries[0].elementType == .uint16)
    let large = try file(Self.raw([1, 2, 3] as [UInt64]), "uint64", sizes: [1], offset: 2)
    #expect(try large.tensor(named: "t").elements == [3])
    expectError(
      .invalidData,
      "p: tensor \"t\": reaches outside its storage of 1 elements\n"
        + "  offset 0, sizes [2], strides [1]"
    ) { try file([1, 2, 3, 4, 5], "uint32", sizes: [2]) }
    let unknown = thrownError { try file([1, 2], "float8_e4m3fn", sizes: [2]) }
    #expect(
      unknown?.description.hasPrefix(
        "p: not a plain state dict: refers to torch.float8_e4m3fn") == true)
  }

  /// `torch.serialization.set_crc32_options(False)` writes zeros in place of all checksums.
  @Test func readsFilesWithoutChecksumsAndSaysSo() throws {
    let pickle = PickleWriter.dictionary { writer in
      writer.string("t")
      writer.tensor("0", count: 24, sizes: [24], strides: [1])
    }
    func zip(_ checksums: [UInt32]) -> [UInt8] {
      ZipWriter.bytes([
        .init(name: "x/data.pkl", data: pickle, checksum: checksums[0]),
        .init(name: "x/data/0", data: Self.numbers, checksum: checksums[1]),
      ])
    }
    let file = try read(zip([0, 0]))
    #expect(try file.tensor(named: "t").elements == (0..<24).map { Float($0) })
    #expect(try file.load().notes == file.notes)
    #expect(
      file.notes == ["p: was written without checksums, so damage to it cannot be noticed"])
    // One zero among others is a wrong checksum.
    let sum = pickle.withUnsafeBytes { CRC32.of($0) }
    expectError(
      .invalidData, "p: entry \"x/data/0\": has a wrong checksum\n  the file is damaged"
    ) { try read(zip([sum, 0])).load() }
  }

  @Test(
    .enabled(if: Shared.has("weights-odd")),
    arguments: [
      "zip_f32.pth", "legacy_f32.pth", "zip_checkpoint.pth",
    ])
  func readsTheSharedFiles(name: String) throws {
    let expected = try SafetensorsFile(path: Shared.file("weights-odd/expected.safetensors"))
    let loaded = try WeightsFile.load(Shared.file("weights-odd/\(name)"))
    #expect(loaded.weights.count == 10)
    for (key, tensor) in loaded.weights {
      #expect(try tensor == expected.tensor(named: "\(name)::\(key)"), "\(key)")
    }
    survivesMutations(
      of: try FileBytes(path: Shared.file("weights-odd/\(name)")).withUnsafeBytes { Array($0) },
      focus: 2_000
    ) { bytes in _ = try read(bytes).load() }
  }

  @Test(.enabled(if: Shared.has("models"))) func readsAResNet20OfTheWild() throws {
    let loaded = try WeightsFile.load(Shared.file("models/resnet20-12fca82f.th"))
    #expect(loaded.weights["conv1.weight"]?.shape == [16, 3, 3, 3])
    #expect(loaded.weights["linear.weight"]?.shape == [10, 64])
    let parameters = loaded.weights.filter { !$0.name.contains("running_") }
    #expect(parameters.reduce(0) { $0 + $1.tensor.count } == 269_722)
    #expect(loaded.weights.allSatisfy { $0.tensor.elements.allSatisfy(\.isFinite) })
  }
}
