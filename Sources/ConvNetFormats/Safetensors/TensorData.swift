public import ConvNetGraph

/// A named tensor as it is stored: its elements' type, its shape, and their bytes, untouched.
///
/// ``Tensor`` computes with Float32 only; this keeps half precision, float64, integers and truth
/// values exactly, and scalars with no dimension.
///
/// ```swift
/// let scores = try TensorData("scores", tensor)
/// let labels = try TensorData("labels", indices, as: .int64)
/// try SafetensorsFile.write([scores, labels], to: "out.safetensors")
/// let back = try SafetensorsFile(path: "out.safetensors").data(named: "labels")
/// ```
public struct TensorData: Hashable, Sendable {
  /// The tensor's name.
  public var name: String
  /// The type of the elements.
  public let elementType: ElementType
  /// The sizes, outermost first; none for a scalar.
  public let shape: Shape
  /// The elements, row-major, each with its lowest byte first.
  public let bytes: [UInt8]

  /// A tensor of the given bytes.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where there are more or fewer bytes than the
  ///   shape has elements.
  public init(
    _ name: String, elementType: ElementType, shape: Shape, bytes: [UInt8]
  ) throws(ConvNetError) {
    guard checkedProduct(shape.dimensions + [elementType.size]) == bytes.count else {
      throw ConvNetError(
        .invalidArgument,
        "tensor '\(name.escapedForDisplay)': \(bytes.count) bytes do not fill \(shape) of "
          + elementType.rawValue,
        reason: "an element has \(elementType.size) bytes")
    }
    self.init(name: name, elementType: elementType, shape: shape, checkedBytes: bytes)
  }

  /// A tensor whose numbers are converted.
  ///
  /// Floating-point types take the nearest number (ties to even), integers the nearest whole number,
  /// truth values whether it is not zero.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where a number is outside an integer type.
  public init(
    _ name: String, _ tensor: Tensor, as elementType: ElementType = .float32
  ) throws(ConvNetError) {
    guard let bytes = elementType.bytes(of: tensor) else {
      throw ConvNetError(
        .invalidArgument,
        "tensor '\(name.escapedForDisplay)': has numbers that \(elementType.rawValue) cannot hold")
    }
    self.init(name: name, elementType: elementType, shape: tensor.shape, checkedBytes: bytes)
  }

  init(name: String, elementType: ElementType, shape: Shape, checkedBytes bytes: [UInt8]) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  /// The numbers as Float32, each rounded to the nearest.
  public var tensor: Tensor {
    bytes.withUnsafeBytes { raw in
      Tensor(uninitialized: shape) { target in
        var conversion = ElementConversion()
        conversion.convert(raw, as: elementType, into: target)
      }
    }
  }
}

extension ElementType {
  /// The tensor's numbers in this type, lowest byte first; nil where one does not fit.
  fileprivate func bytes(of tensor: Tensor) -> [UInt8]? {
    switch self {
    case .float32: words(tensor) { $0.bitPattern }
    case .float64: words(tensor) { Double($0).bitPattern }
    case .float16: words(tensor) { halfBits(of: $0) }
    case .bfloat16: words(tensor) { bfloat16Bits(of: $0) }
    case .int64: integers(tensor, Int64.self)
    case .int32: integers(tensor, Int32.self)
    case .int16: integers(tensor, Int16.self)
    case .int8: integers(tensor, Int8.self)
    case .uint64: integers(tensor, UInt64.self)
    case .uint32: integers(tensor, UInt32.self)
    case .uint16: integers(tensor, UInt16.self)
    case .uint8: integers(tensor, UInt8.self)
    case .bool: words(tensor) { $0 == 0 ? 0 as UInt8 : 1 }
    }
  }

  private func integers<Number: FixedWidthInteger>(
    _ tensor: Tensor, _ type: Number.Type
  ) -> [UInt8]? {
    words(tensor) { Number(exactly: $0.rounded(.toNearestOrEven)) }
  }

  private func words<Word: FixedWidthInteger>(
    _ tensor: Tensor, _ convert: (Float) -> Word?
  ) -> [UInt8]? {
    tensor.withUnsafeBufferPointer { elements in
      var bytes: [UInt8] = []
      bytes.reserveCapacity(elements.count * MemoryLayout<Word>.size)
      for element in elements {
        guard let word = convert(element) else { return nil }
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
      }
      return bytes
    }
  }
}

/// The upper half of a number, rounded to nearest, ties to even.
private func bfloat16Bits(of number: Float) -> UInt16 {
  let bits = number.bitPattern
  if number.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
  let rounded = bits &+ 0x7FFF &+ ((bits >> 16) & 1)
  return UInt16(truncatingIfNeeded: rounded >> 16)
}

/// The half-precision number nearest to a number, ties to even; infinite where it is too large.
private func halfBits(of number: Float) -> UInt16 {
  let bits = number.bitPattern
  let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
  let magnitude = bits & 0x7FFF_FFFF
  if magnitude > 0x7F80_0000 { return sign | 0x7E00 }
  // 65520 and above round to infinity.
  if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
  if magnitude < 0x3880_0000 {
    // Below 2^-14: a whole number of 2^-24. Adding 0.5 makes the processor round to such.
    let shifted = Float(bitPattern: magnitude) + 0.5
    return sign | UInt16(truncatingIfNeeded: shifted.bitPattern - Float(0.5).bitPattern)
  }
  let rounded = magnitude &+ 0xFFF &+ ((magnitude >> 13) & 1)
  return sign | UInt16(truncatingIfNeeded: (rounded >> 13) &- (112 << 10))
}
