import ConvNetFormats
import ConvNetGraph
import Testing

/// Tensors that keep their element type on the way through a file.
@Suite struct TensorDataTests {
  static let values: [Float] = [0, 1, 2, 5, 100, 127]

  @Test(arguments: ElementType.allCases) func keepsTypeShapeAndBytes(type: ElementType) throws {
    let tensor = try Tensor([2, 3], Self.values)
    let data = try TensorData("t", tensor, as: type)
    #expect(data.bytes.count == 6 * type.size)
    let scalar = try TensorData("scalar", Tensor([], [1]), as: type)
    let empty = try TensorData("empty", Tensor([0, 4]), as: type)
    let bytes = try SafetensorsFile.bytes(of: [data, scalar, empty], metadata: ["a": "b"])
    let file = try SafetensorsFile(FileBytes(bytes, name: "m"))
    #expect(file.loadData() == [data, scalar, empty])
    #expect(try file.data(named: "scalar").shape == [])
    #expect(file.metadata == ["a": "b"])
    #expect(data.tensor.elements == (type == .bool ? Self.values.map { min($0, 1) } : Self.values))
  }

  @Test func writesAFileThatOthersRead() throws {
    let folder = try TemporaryFolder()
    let data = try TensorData(
      "x", elementType: .int64, shape: [1], bytes: [1, 2, 3, 4, 5, 6, 7, 8])
    try SafetensorsFile.write([data], to: folder("x.safetensors"))
    let header = #"{"x":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#
    let expected =
      [UInt8(header.utf8.count + 2), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [32, 32]
      + data.bytes
    let written = try FileBytes(path: folder("x.safetensors")).withUnsafeBytes { Array($0) }
    #expect(written == expected)
  }

  /// Every half-precision number, and the numbers between two, against the reader's conversion.
  @Test func roundsToHalfPrecision() throws {
    func half(_ values: [Float]) throws -> [UInt16] {
      let bytes = try TensorData("h", Tensor([values.count], values), as: .float16).bytes
      return bytes.withUnsafeBytes { raw in
        values.indices.map { raw.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self) }
      }
    }
    let positive = Array(UInt16(0)...0x7C00)
    let bytes = positive.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    let all = try TensorData("a", elementType: .float16, shape: [positive.count], bytes: bytes)
    let values = all.tensor.elements
    #expect(try half(values) == positive)
    #expect(try half(values.map { -$0 }) == positive.map { $0 | 0x8000 })
    // Halfway goes to the even neighbour, a little more or less to the nearer one.
    let pairs = zip(values.dropLast(2), values.dropFirst().dropLast())
    let middles = pairs.map { ($0 + $1) / 2 }
    #expect(try half(middles) == positive.dropLast(2).map { $0 + ($0 & 1) })
    #expect(try half(middles.map(\.nextUp)) == positive.dropLast(2).map { $0 + 1 })
    #expect(try half(middles.map(\.nextDown)) == Array(positive.dropLast(2)))
    #expect(try half([65_519, 65_520, .infinity, .nan]) == [0x7BFF, 0x7C00, 0x7C00, 0x7E00])
  }

  @Test func roundsToBFloat16() throws {
    let values: [Float] = [
      1, -2.5, 0x1.01p0, 0x1.03p0, 0x1.010002p0, .greatestFiniteMagnitude, .infinity, .nan,
    ]
    let back = try TensorData("b", Tensor([8], values), as: .bfloat16).tensor.elements
    #expect(back[..<7] == [1, -2.5, 1, 0x1.04p0, 0x1.02p0, .infinity, .infinity])
    #expect(back[7].isNaN)
  }

  @Test func refusesWhatDoesNotFit() throws {
    for (value, type) in [
      (Float(128), ElementType.int8), (-1, .uint8), (.nan, .int64), (1e19, .int64),
      (65_536, .uint16),
    ] {
      expectError(.invalidArgument, "tensor 't': has numbers that \(type.rawValue) cannot hold") {
        try TensorData("t", Tensor([1], [value]), as: type)
      }
    }
    #expect(try TensorData("t", Tensor([2], [1.5, -0.6]), as: .int8).bytes == [2, 255])
    expectError(
      .invalidArgument,
      "tensor 't': 7 bytes do not fill [2] of F32\n  an element has 4 bytes"
    ) {
      try TensorData("t", elementType: .float32, shape: [2], bytes: [0, 0, 0, 0, 0, 0, 0])
    }
    let twice = try TensorData("t", Tensor([1]))
    expectError(.invalidArgument, "two tensors are called \"t\"") {
      try SafetensorsFile.bytes(of: [twice, twice])
    }
  }
}
