public import ConvNetGraph

/// Numbers with a shape and the element type that a file gives them.
///
/// Networks compute in Float32; this is what tensors are outside: sizes and indices that are whole
/// numbers, truth values, doubles.
public struct TypedTensor: Sendable {
  /// The type that the file gives them.
  public let elementType: ElementType
  /// The sizes, outermost first.
  public let shape: Shape
  private let numbers: Numbers

  /// Weights stay Float32; whole numbers and their arithmetic are exact to 2^53 in Float64.
  private enum Numbers: Sendable {
    case tensor(Tensor)
    case doubles([Double])
  }

  /// Numbers that Float32 holds.
  public init(_ elementType: ElementType, _ tensor: Tensor) {
    self.elementType = elementType
    shape = tensor.shape
    numbers = .tensor(tensor)
  }

  /// Numbers in row-major order; there are as many as the shape says.
  public init(_ elementType: ElementType, _ shape: Shape, _ doubles: [Double]) {
    self.elementType = elementType
    self.shape = shape
    numbers = .doubles(doubles)
  }

  /// A row of whole numbers.
  init(integers: [Int]) {
    self.init(.int64, [integers.count], integers.map(Double.init))
  }

  /// As Float32.
  public var tensor: Tensor {
    switch numbers {
    case .tensor(let tensor): tensor
    case .doubles(let doubles):
      Tensor(uninitialized: shape) { buffer in
        for (index, number) in doubles.enumerated() { buffer[index] = Float(number) }
      }
    }
  }

  /// As Float64.
  public var doubles: [Double] {
    switch numbers {
    case .tensor(let tensor): tensor.withUnsafeBufferPointer { $0.map(Double.init) }
    case .doubles(let doubles): doubles
    }
  }

  /// As whole numbers; what is beyond 2^60 ("to the end") stays there, NaN is 0.
  var integers: [Int] {
    let limit = Double(1 << 60)
    return doubles.map { $0.isNaN ? 0 : Int(max(-limit, min($0, limit))) }
  }

  /// The same numbers under another type.
  func with(_ type: ElementType) -> TypedTensor {
    switch numbers {
    case .tensor(let tensor): TypedTensor(type, tensor)
    case .doubles(let doubles): TypedTensor(type, shape, doubles)
    }
  }
}

extension TypedTensor {
  /// The numbers of a stored tensor.
  public init(_ data: TensorData) {
    if data.elementType.isExactInFloat32 {
      self.init(data.elementType, data.tensor)
    } else {
      self.init(
        data.elementType, data.shape,
        data.bytes.withUnsafeBytes { data.elementType.doubles($0, count: data.shape.count) })
    }
  }
}

extension ElementType {
  /// Whether every number of the type is a Float32.
  var isExactInFloat32: Bool {
    switch self {
    case .float32, .float16, .bfloat16, .int16, .int8, .uint16, .uint8, .bool: true
    case .float64, .int64, .int32, .uint64, .uint32: false
    }
  }

  /// Stored elements of a type of 32 or 64 bits as Float64.
  func doubles(_ raw: UnsafeRawBufferPointer, count: Int) -> [Double] {
    func numbers<Word: FixedWidthInteger & BitwiseCopyable>(
      _ type: Word.Type, _ convert: (Word) -> Double
    ) -> [Double] {
      (0..<count).map { index in
        let offset = index * MemoryLayout<Word>.size
        return convert(Word(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: type)))
      }
    }
    return switch self {
    case .float64: numbers(UInt64.self) { Double(bitPattern: $0) }
    case .int64: numbers(Int64.self) { Double($0) }
    case .uint64: numbers(UInt64.self) { Double($0) }
    case .uint32: numbers(UInt32.self) { Double($0) }
    default: numbers(Int32.self) { Double($0) }
    }
  }
}
