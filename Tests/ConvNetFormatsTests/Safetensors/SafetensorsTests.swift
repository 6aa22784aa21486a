import ConvNetFormats
import ConvNetGraph
import FoundationEssentials
import Testing

/// A safetensors file from its header's text and its data.
func safetensors(_ header: String, _ data: [UInt8] = [], length: UInt64? = nil) -> FileBytes {
  let text = Array(header.utf8)
  let size = (length ?? UInt64(text.count)).littleEndian
  return FileBytes(withUnsafeBytes(of: size) { Array($0) } + text + data, name: "m")
}

/// A header with one tensor "t".
private func one(_ type: String, _ shape: String, _ start: String, _ end: String) -> String {
  #"{"t":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(start),\#(end)]}}"#
}

@Suite struct SafetensorsTests {
  @Test func readsBackWhatWasWritten() throws {
    let folder = try TemporaryFolder()
    let tensors: [(name: String, tensor: Tensor)] = [
      ("conv.weight", try Tensor([2, 1, 1, 3], [1, -2, 0.5, .infinity, -0.0, 0x1p-149])),
      ("empty", Tensor([0, 4])),
      ("scalar \"é\"", try Tensor([], [7])),
    ]
    let metadata = ["labels": "[\"a\"]", "format": "pt"]
    let path = folder("net.safetensors")
    try SafetensorsFile.write(Weights(tensors), metadata: metadata, to: path)
    let file = try SafetensorsFile(path: path)
    #expect(file.metadata == metadata)
    #expect(file.entries.map(\.name) == tensors.map(\.name))
    #expect(file.entry(named: "conv.weight")?.byteRange.lowerBound.isMultiple(of: 8) == true)
    let loaded = file.load()
    #expect(loaded.notes.isEmpty)
    for (name, tensor) in tensors {
      #expect(loaded.weights[name]?.shape == tensor.shape)
      #expect(loaded.weights[name]?.elements.map(\.bitPattern) == tensor.elements.map(\.bitPattern))
      #expect(try file.tensor(named: name) == tensor)
    }
    #expect(
      try SafetensorsFile.bytes(of: Weights(tensors), metadata: metadata)
        == FileBytes(path: path).withUnsafeBytes { Array($0) })
    expectError(.notFound, "\(path): has no tensor \"x\"\n  it holds 3 tensors") {
      try file.tensor(named: "x")
    }
  }

  @Test func refusesNamesThatCannotBeWritten() {
    expectError(
      .invalidArgument,
      "the name \"__metadata__\" cannot be used for a tensor\n  safetensors reserves it"
    ) { try SafetensorsFile.bytes(of: Weights([("__metadata__", Tensor([1]))])) }
  }

  @Test func convertsEveryElementType() throws {
    func read(_ type: String, _ data: [UInt8], _ count: Int) throws -> LoadedWeights {
      try SafetensorsFile(safetensors(one(type, "[\(count)]", "0", "\(data.count)"), data)).load()
    }
    func raw<T>(_ values: [T]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }
    #expect(try read("F64", raw([1.5, -0.1]), 2).weights["t"]?.elements == [1.5, -0.1])
    #expect(
      try read("F16", raw([0x3C00, 0xC500] as [UInt16]), 2).weights["t"]?.elements == [1, -5])
    #expect(
      try read("BF16", raw([0x3FC0, 0xFF80] as [UInt16]), 2).weights["t"]?.elements == [
        1.5, -.infinity,
      ])
    #expect(try read("I64", raw([-3, 4] as [Int64]), 2).weights["t"]?.elements == [-3, 4])
    #expect(try read("I32", raw([-3, 4] as [Int32]), 2).weights["t"]?.elements == [-3, 4])
    #expect(try read("I16", raw([-3, 4] as [Int16]), 2).weights["t"]?.elements == [-3, 4])
    #expect(try read("I8", raw([-3, 4] as [Int8]), 2).weights["t"]?.elements == [-3, 4])
    #expect(try read("U64", raw([3, 4] as [UInt64]), 2).weights["t"]?.elements == [3, 4])
    #expect(try read("U32", raw([3, 4] as [UInt32]), 2).weights["t"]?.elements == [3, 4])
    #expect(try read("U16", raw([3, 65535] as [UInt16]), 2).weights["t"]?.elements == [3, 65535])
    #expect(try read("U8", raw([3, 255] as [UInt8]), 2).weights["t"]?.elements == [3, 255])
    #expect(try read("BOOL", [0, 1, 2], 3).weights["t"]?.elements == [0, 1, 1])
  }

  @Test func reportsNumbersThatDoNotFit() throws {
    let big: [Int64] = [16_777_216, 16_777_217, .max, .min]
    let data = big.withUnsafeBytes { Array($0) }
    let loaded = try SafetensorsFile(safetensors(one("I64", "[4]", "0", "32"), data)).load()
    #expect(
      loaded.notes == ["t: 2 whole numbers do not fit Float32 exactly and were rounded"])
    let doubles = [1e300, .infinity].withUnsafeBytes { Array($0) }
    let wide = try SafetensorsFile(safetensors(one("F64", "[2]", "0", "16"), doubles)).load()
    #expect(wide.notes == ["t: 1 numbers are too large for Float32 and became infinite"])
    #expect(wide.weights["t"]?.elements == [.infinity, .infinity])
  }

  #if !(os(macOS) && arch(x86_64))
    @Test func everyHalfPrecisionNumberIsExact() throws {
      let all = (0...UInt16.max).map { $0 }
      let data = all.withUnsafeBytes { Array($0) }
      let file = try SafetensorsFile(safetensors(one("F16", "[65536]", "0", "131072"), data))
      let values = try file.tensor(named: "t").elements
      for bits in all {
        let expected = Float(Float16(bitPattern: bits))
        let value = values[Int(bits)]
        #expect(value == expected || (value.isNaN && expected.isNaN), "\(bits)")
      }
    }
  #endif

  @Test func givesTheStoredBytes() throws {
    let file = try SafetensorsFile(safetensors(one("I16", "[2]", "0", "4"), [1, 2, 3, 4]))
    #expect(try file.withUnsafeBytes(of: "t") { Array($0) } == [1, 2, 3, 4])
    #expect(file.entry(named: "t")?.elementType == .int16)
  }

  /// Malformed headers: name of the case, header, data, start of the error text.
  static let malformed: [(String, String, Int, String)] = [
    ("array", "[]", 0, "m: is not a safetensors file\n  the header does not begin with '{'"),
    ("space first", " {}", 0, "m: is not a safetensors file\n  the header does not begin with '{'"),
    ("no JSON", "{", 0, "m: header: is not valid JSON\n  a name in quotes is expected, at byte 1"),
    (
      "two values", "{}{}", 0,
      "m: header: is not valid JSON\n  something follows the value, at byte 2"
    ),
    ("trailing data", "{}", 4, "m: 4 bytes follow the last tensor"),
    ("tensor no object", #"{"t":1}"#, 0, "m: tensor \"t\": is a whole number, not an object"),
    ("no dtype", #"{"t":{"shape":[],"data_offsets":[0,4]}}"#, 4, "m: tensor \"t\": has no dtype"),
    (
      "no shape", #"{"t":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, "m: tensor \"t\": has no shape"
    ),
    (
      "no offsets", #"{"t":{"dtype":"F32","shape":[]}}"#, 4,
      "m: tensor \"t\": has no data_offsets [start, end]"
    ),
    (
      "unknown field", #"{"t":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}}"#, 4,
      "m: tensor \"t\": has an unknown field \"x\""
    ),
    ("equal fields", #"{"t":{"dtype":"F32","dtype":"F32"}}"#, 0, "m: header: is not valid JSON"),
    (
      "equal names", #"{"t":1,"t":2}"#, 0,
      "m: header: is not valid JSON\n  the name \"t\" stands twice"
    ),
    (
      "unknown dtype", one("F31", "[1]", "0", "4"), 4,
      "m: tensor \"t\": has the unknown dtype \"F31\"\n  known are F64, F32, F16, BF16, I64"
    ),
    (
      "dtype number", #"{"t":{"dtype":1,"shape":[],"data_offsets":[0,4]}}"#, 4,
      "m: tensor \"t\": has no dtype"
    ),
    (
      "size mismatch", one("F32", "[2]", "0", "4"), 4,
      "m: tensor \"t\": has 4 bytes of data\n  shape [2] of F32 needs 8"
    ),
    (
      "negative size", one("F32", "[-1]", "0", "4"), 4,
      "m: tensor \"t\": a dimension of size -1 in shape [-1]"
    ),
    (
      "fractional size", one("F32", "[1.5]", "0", "4"), 4,
      "m: tensor \"t\": has a shape with a number"
    ),
    (
      "infinite size", one("F32", "[1e999]", "0", "4"), 4,
      "m: header: is not valid JSON\n  a number is out of range"
    ),
    ("size text", one("F32", #"["1"]"#, "0", "4"), 4, "m: tensor \"t\": has a shape with a string"),
    (
      "size overflow", one("F32", "[4611686018427387905]", "0", "4"), 4,
      "m: tensor \"t\": a dimension of size 4611686018427387905"
    ),
    (
      "product overflow", one("F32", "[2147483647,2147483647]", "0", "4"), 4,
      "m: tensor \"t\": shape [2147483647, 2147483647] has too many elements"
    ),
    (
      "zero times huge", one("F32", "[0,9223372036854775807]", "0", "0"), 0,
      "m: tensor \"t\": a dimension of size"
    ),
    (
      "rank 9", one("F32", "[1,1,1,1,1,1,1,1,1]", "0", "4"), 4,
      "m: tensor \"t\": a shape of 9 dimensions is not supported"
    ),
    ("negative start", one("F32", "[2]", "-4", "4"), 8, "m: tensor \"t\": has no data_offsets"),
    ("reversed", one("F32", "[1]", "4", "0"), 4, "m: tensor \"t\": has no data_offsets"),
    (
      "three offsets", #"{"t":{"dtype":"F32","shape":[],"data_offsets":[0,2,4]}}"#, 4,
      "m: tensor \"t\": has no data_offsets"
    ),
    (
      "outside", one("F32", "[2]", "0", "8"), 4,
      "m: tensor \"t\" reaches behind the end of the file"
    ),
    (
      "wrapping", one("F32", "[1]", "9223372036854775804", "9223372036854775807"), 4,
      "m: tensor \"t\": has 3 bytes of data"
    ),
    (
      "wrapping, right size", one("U8", "[3]", "9223372036854775804", "9223372036854775807"), 4,
      "m: tensor \"t\": has data_offsets that are too large"
    ),
    ("hole", one("F32", "[1]", "4", "8"), 8, "m: bytes "),
    (
      "overlap",
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#,
      6, "m: tensor \"b\" overlaps another tensor"
    ),
    (
      "metadata list", #"{"__metadata__":[]}"#, 0,
      "m: header: __metadata__ is an array, not an object"
    ),
    (
      "metadata number", #"{"__metadata__":{"a":1}}"#, 0,
      "m: header: metadata \"a\" is a whole number, not a string"
    ),
    (
      "deep", #"{"a":[[[[[[]]]]]]}"#, 0,
      "m: header: is not valid JSON\n  nested deeper than 4 levels"
    ),
  ]

  @Test(arguments: malformed.indices) func refusesMalformedHeaders(index: Int) {
    let (title, header, count, text) = Self.malformed[index]
    let error = thrownError {
      try SafetensorsFile(safetensors(header, [UInt8](repeating: 0, count: count)))
    }
    #expect(error?.description.hasPrefix(text) == true, "\(title): \(error?.description ?? "")")
  }

  @Test(arguments: [
    (UInt64(0), "m: is not a safetensors file\n  the header does not begin with '{'"),
    (1, "m: header: is not valid JSON\n  a name in quotes is expected, at byte 1"),
    (3, "m: ends inside the header\n  3 bytes are needed at byte 8, 2 are left"),
    (
      1 << 40,
      "m: is not a safetensors file\n  the header is said to have 1099511627776 bytes, the limit is 100000000"
    ),
    (
      1 << 63,
      "m: is not a safetensors file\n  the header is said to have 9223372036854775808 bytes, the limit is 100000000"
    ),
    (
      .max,
      "m: is not a safetensors file\n  the header is said to have 18446744073709551615 bytes, the limit is 100000000"
    ),
  ])
  func refusesWrongHeaderLengths(length: UInt64, text: String) {
    expectError(.invalidData, text) { try SafetensorsFile(safetensors("{}", length: length)) }
  }

  @Test func refusesShortFiles() {
    for count in 0..<8 {
      expectError(
        .invalidData,
        "m: ends inside the header's length\n  8 bytes are needed at byte 0, \(count) are left"
      ) { try SafetensorsFile(FileBytes([UInt8](repeating: 0, count: count), name: "m")) }
    }
  }

  @Test func oddButValidFilesAreRead() throws {
    #expect(try SafetensorsFile(safetensors("{}")).entries.isEmpty)
    #expect(try SafetensorsFile(safetensors("{}   ")).entries.isEmpty)
    let names = #"{"../a\u0000":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#
    #expect(try SafetensorsFile(safetensors(names)).entries.first?.name == "../a\0")
    let nan = try SafetensorsFile(safetensors(one("F32", "[1]", "0", "4"), [0, 0, 0xC0, 0x7F]))
    #expect(try nan.tensor(named: "t").elements[0].isNaN)
  }

  @Test func hundredThousandTensorsAreIndexedQuickly() throws {
    var header = "{"
    for index in 0..<100_000 {
      header += #"\#(index == 0 ? "" : ",")"layer.\#(index)":{"dtype":"U8","shape":[1],"#
      header += #""data_offsets":[\#(index),\#(index + 1)]}"#
    }
    let bytes = safetensors(header + "}", [UInt8](repeating: 3, count: 100_000))
    let clock = ContinuousClock()
    let duration = try clock.measure {
      let file = try SafetensorsFile(bytes)
      #expect(file.entries.count == 100_000)
      #expect(try file.tensor(named: "layer.99999").elements == [3])
    }
    #expect(duration < .seconds(10))
  }

  @Test func survivesDamage() throws {
    let bytes = try SafetensorsFile.bytes(
      of: Weights([("a.weight", Tensor([2, 3])), ("b", Tensor([4])), ("c", Tensor([]))]),
      metadata: ["format": "pt"])
    survivesMutations(of: bytes, count: 4_000) { bytes in
      _ = try SafetensorsFile(FileBytes(bytes, name: "m")).load()
    }
  }

  @Test(.enabled(if: Shared.has("weights-odd"))) func readsTheSharedFiles() throws {
    let expected = try SafetensorsFile(path: Shared.file("weights-odd/expected.safetensors"))
    for name in ["f32.safetensors", "bf16.safetensors"] {
      let loaded = try SafetensorsFile(path: Shared.file("weights-odd/\(name)")).load()
      #expect(loaded.weights.count == 10)
      for (key, tensor) in loaded.weights {
        #expect(try tensor == expected.tensor(named: "\(name)::\(key)"))
      }
    }
  }
}
