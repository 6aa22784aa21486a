#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif
public import ConvNetGraph

/// A tensor of an ONNX file: where its numbers stand; they are converted when they are asked for.
struct ONNXTensor: Sendable {
  let name: String
  let elementType: ElementType
  let shape: Shape
  fileprivate let source: Source

  fileprivate enum Source: Sendable {
    /// Little-endian elements.
    case bytes(FileBytes)
    /// A field of numbers of its own kind.
    case floats([Float])
    case integers([Int])
    case doubles([Double])
  }

  /// The numbers.
  var constant: TypedTensor {
    switch source {
    case .bytes(let bytes):
      if elementType.isExactInFloat32 {
        var conversion = ElementConversion()
        let tensor = bytes.withUnsafeBytes { raw in
          Tensor(uninitialized: shape) { conversion.convert(raw, as: elementType, into: $0) }
        }
        return TypedTensor(elementType, tensor)
      }
      return TypedTensor(
        elementType, shape, bytes.withUnsafeBytes { elementType.doubles($0, count: shape.count) })
    case .floats(let numbers): return TypedTensor(elementType, shape, numbers.map(Double.init))
    case .doubles(let numbers): return TypedTensor(elementType, shape, numbers)
    case .integers(let numbers):
      return TypedTensor(
        elementType, shape,
        numbers.map { number in
          switch elementType {
          case .float16: Double(float(halfBits: UInt16(truncatingIfNeeded: number)))
          case .bfloat16:
            Double(Float(bitPattern: UInt32(UInt16(truncatingIfNeeded: number)) << 16))
          case .uint64: Double(UInt64(bitPattern: Int64(number)))
          default: Double(number)
          }
        })
    }
  }
}

extension TypedTensor {
  /// The numbers of a file that holds one ONNX tensor, as ONNX's test cases do.
  ///
  /// - Returns: the tensor and its name.
  /// - Throws: ``ConvNetError`` of kind `invalidData` or `unsupported`.
  public static func read(
    onnxTensor bytes: FileBytes
  ) throws(ConvNetError) -> (tensor: TypedTensor, name: String) {
    let tensor = try ONNXTensorReader(folder: nil).tensor(ProtobufReader(bytes), "the tensor")
    return (tensor.constant, tensor.name)
  }
}

/// Reads tensors, also those whose numbers stand in a file beside the model.
struct ONNXTensorReader {
  /// Where files beside the model are looked for; nil refuses them.
  let folder: String?
  private let external = ExternalFiles()

  init(folder: String?) { self.folder = folder }

  /// Files that are open already, by name.
  private final class ExternalFiles {
    var files: [String: FileBytes] = [:]
  }

  /// The type of a number of ONNX's list; nil for texts, complex numbers and types of fewer bits.
  static func elementType(_ number: Int) -> ElementType? {
    switch number {
    case 1: .float32
    case 2: .uint8
    case 3: .int8
    case 4: .uint16
    case 5: .int16
    case 6: .int32
    case 7: .int64
    case 9: .bool
    case 10: .float16
    case 11: .float64
    case 12: .uint32
    case 13: .uint64
    case 16: .bfloat16
    default: nil
    }
  }

  /// The number of a type in ONNX's list.
  static func number(of type: ElementType) -> Int {
    (1...16).first { elementType($0) == type } ?? 1
  }

  /// Reads one tensor message and checks that its numbers fill its shape.
  func tensor(_ message: ProtobufReader, _ what: String) throws(ConvNetError) -> ONNXTensor {
    var (reader, name, type, isExternal) = (message, "", 0, false)
    var dimensions: [Int] = []
    var (floats, integers, doubles) = ([Float](), [Int](), [Double]())
    var raw: Range<Int>?
    var location: [String: String] = [:]
    while let field = try reader.next() {
      switch field.number {
      case 1: try reader.appendIntegers(field.value, "\(what): a size", to: &dimensions)
      case 2: type = try reader.integer(field.value, "\(what): the type")
      case 3: throw ConvNetError(.unsupported, "\(reader.bytes.name): \(what) is cut into segments")
      case 4: try reader.appendFloats(field.value, what, to: &floats)
      case 5, 7, 11: try reader.appendIntegers(field.value, what, to: &integers)
      case 8: name = try reader.text(field.value, "\(what): the name")
      case 9: raw = try reader.range(field.value, what)
      case 10: try reader.appendDoubles(field.value, what, to: &doubles)
      case 13:
        let (key, value) = try ONNXTensorReader.pair(
          reader.message(reader.range(field.value, what)))
        location[key] = value
      case 14: isExternal = try reader.integer(field.value, what) == 1
      default: break
      }
    }
    let place =
      "\(reader.bytes.name): \(what)"
      + (name.isEmpty ? "" : " \"\(name.escapedForDisplay)\"")
    guard let elementType = ONNXTensorReader.elementType(type) else {
      throw ConvNetError(
        .unsupported, "\(place): has elements of type \(type)",
        reason: "read are floating-point numbers, integers of 8 to 64 bits, and truth values")
    }
    let shape: Shape
    do throws(ConvNetError) {
      shape = try Shape(validating: dimensions)
    } catch {
      throw ConvNetError(.invalidData, "\(place): \(error.summary)", reason: error.reason)
    }
    let source: ONNXTensor.Source
    if isExternal {
      let size = checkedProduct([shape.count, elementType.size]) ?? 0
      source = .bytes(try outside(location, size: size, place))
    } else if let raw {
      source = .bytes(try reader.bytes.slice(raw, name: place))
    } else if !floats.isEmpty {
      source = .floats(floats)
    } else if !doubles.isEmpty {
      source = .doubles(doubles)
    } else {
      source = .integers(integers)
    }
    let found =
      switch source {
      case .bytes(let bytes):
        bytes.count % elementType.size == 0 ? bytes.count / elementType.size : -1
      case .floats(let numbers): numbers.count
      case .integers(let numbers): numbers.count
      case .doubles(let numbers): numbers.count
      }
    guard found == shape.count else {
      throw ConvNetError(
        .invalidData, "\(place): its numbers do not fill its shape",
        reason: "\(shape) of \(elementType.rawValue) needs \(shape.count) elements, there are "
          + (found < 0 ? "a part of one too many" : "\(found)"))
    }
    return ONNXTensor(name: name, elementType: elementType, shape: shape, source: source)
  }

  /// A key and a value.
  static func pair(_ message: ProtobufReader) throws(ConvNetError) -> (String, String) {
    var (reader, key, value) = (message, "", "")
    while let field = try reader.next() {
      if field.number == 1 { key = try reader.text(field.value, "a key") }
      if field.number == 2 { value = try reader.text(field.value, "the value of '\(key)'") }
    }
    return (key, value)
  }

  /// The bytes of a tensor in another file, which must be in the model's folder or below it.
  private func outside(
    _ location: [String: String], size: Int, _ place: String
  ) throws(ConvNetError) -> FileBytes {
    let name = location["location"] ?? ""
    let shown = name.escapedForDisplay
    func number(_ key: String, otherwise: Int) throws(ConvNetError) -> Int {
      guard let text = location[key] else { return otherwise }
      guard let value = Int(text), value >= 0 else {
        throw ConvNetError(
          .invalidData, "\(place): has the \(key) \"\(text.escapedForDisplay)\" in another file")
      }
      return value
    }
    guard let folder else {
      throw ConvNetError(
        .unsupported, "\(place): its numbers are in another file, \"\(shown)\"",
        advice: "open the model by its path")
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !name.isEmpty, !name.utf8.contains(0), name.utf8.count <= 4_096,
      parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
    else {
      throw ConvNetError(
        .invalidData, "\(place): its numbers are said to be in \"\(shown)\"",
        reason: "only files in the model's own folder are read")
    }
    let path = folder + "/" + name
    let file: FileBytes
    if let known = external.files[name] {
      file = known
    } else {
      guard ONNXTensorReader.stays(path, in: folder) else {
        throw ConvNetError(
          .notFound, "\(place): there is no file \"\(shown)\" in the model's folder",
          reason: "its numbers are said to be there; links that lead elsewhere are not followed",
          advice: "copy the file beside the model")
      }
      file = try FileBytes(path: path)
      external.files[name] = file
    }
    let offset = try number("offset", otherwise: 0)
    let length = try number("length", otherwise: size)
    guard length == size, let end = checkedSum([offset, length]), end <= file.count else {
      throw ConvNetError(
        .invalidData,
        "\(place): bytes \(offset) and \(length) following of \"\(shown)\" are not "
          + "its numbers", reason: "it needs \(size) bytes, the file has \(file.count)")
    }
    return try file.slice(offset..<end, name: place)
  }

  /// Whether a path, with all links followed, is inside a folder.
  private static func stays(_ path: String, in folder: String) -> Bool {
    guard let file = realpath(path, nil) else { return false }
    defer { free(file) }
    guard let base = realpath(folder, nil) else { return false }
    defer { free(base) }
    let prefix = String(cString: base)
    return String(cString: file).hasPrefix(prefix == "/" ? prefix : prefix + "/")
  }
}
