public import ConvNetGraph

extension SafetensorsFile {
  /// Writes tensors as Float32 into a safetensors file, whole or not at all.
  ///
  /// The same weights and metadata give the same bytes: metadata is sorted by name, tensors keep
  /// their order. The data begins at a multiple of 64 bytes, so that a reader can use it where it lies.
  ///
  /// - Throws: ``ConvNetError`` of kind `cannotWrite`, or `invalidArgument` where a tensor is
  ///   called `__metadata__`.
  public static func write(
    _ weights: Weights, metadata: [String: String] = [:], to path: String
  ) throws(ConvNetError) {
    let header = try header(of: rows(weights), metadata: metadata)
    try AtomicFile.write(to: path) { (writer) throws(ConvNetError) in
      try writer.write(header)
      for (_, tensor) in weights {
        try tensor.withUnsafeBufferPointer { (elements) throws(ConvNetError) in
          try writer.write(UnsafeRawBufferPointer(elements))
        }
      }
    }
  }

  /// The bytes of a safetensors file that holds the tensors as Float32.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where a tensor is called `__metadata__`.
  public static func bytes(
    of weights: Weights, metadata: [String: String] = [:]
  ) throws(ConvNetError) -> [UInt8] {
    var bytes = try header(of: rows(weights), metadata: metadata)
    for (_, tensor) in weights {
      tensor.withUnsafeBufferPointer { bytes.append(contentsOf: UnsafeRawBufferPointer($0)) }
    }
    return bytes
  }

  /// Writes tensors of any element type into a safetensors file, whole or not at all.
  ///
  /// The bytes are written as they are: half precision, integers and truth values keep their type,
  /// scalars have the shape `[]`. The same tensors and metadata give the same bytes.
  ///
  /// - Throws: ``ConvNetError`` of kind `cannotWrite`, or `invalidArgument` where two tensors have the
  ///   same name, or one is called `__metadata__`.
  public static func write(
    _ tensors: [TensorData], metadata: [String: String] = [:], to path: String
  ) throws(ConvNetError) {
    let header = try header(of: rows(tensors), metadata: metadata)
    try AtomicFile.write(to: path) { (writer) throws(ConvNetError) in
      try writer.write(header)
      for tensor in tensors { try writer.write(tensor.bytes) }
    }
  }

  /// The bytes of a safetensors file that holds tensors of any element type.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` as ``write(_:metadata:to:)``.
  public static func bytes(
    of tensors: [TensorData], metadata: [String: String] = [:]
  ) throws(ConvNetError) -> [UInt8] {
    var bytes = try header(of: rows(tensors), metadata: metadata)
    for tensor in tensors { bytes += tensor.bytes }
    return bytes
  }

  /// What the header says about one tensor.
  private typealias Row = (name: String, elementType: ElementType, shape: Shape)

  private static func rows(_ weights: Weights) -> [Row] {
    weights.map { ($0.name, .float32, $0.tensor.shape) }
  }

  private static func rows(_ tensors: [TensorData]) -> [Row] {
    tensors.map { ($0.name, $0.elementType, $0.shape) }
  }

  private static func header(
    of rows: [Row], metadata: [String: String]
  ) throws(ConvNetError) -> [UInt8] {
    var object = JSONObject()
    if !metadata.isEmpty {
      var texts = JSONObject()
      for key in metadata.keys.sorted() { texts[key] = metadata[key].map(JSONValue.string) }
      object["__metadata__"] = .object(texts)
    }
    var offset = 0
    for row in rows {
      let end = offset + row.shape.count * row.elementType.size
      var entry = JSONObject()
      entry["dtype"] = .string(row.elementType.rawValue)
      entry["shape"] = .array(row.shape.dimensions.map { .integer($0) })
      entry["data_offsets"] = [.integer(offset), .integer(end)]
      guard row.name != "__metadata__" else {
        throw ConvNetError(
          .invalidArgument, "the name \"__metadata__\" cannot be used for a tensor",
          reason: "safetensors reserves it")
      }
      guard object.append(row.name, .object(entry)) else {
        throw ConvNetError(
          .invalidArgument, "two tensors are called \"\(row.name.escapedForDisplay)\"")
      }
      offset = end
    }
    var text = Array(JSONValue.object(object).serialized().utf8)
    // The length itself takes 8 bytes.
    text += [UInt8](repeating: UInt8(ascii: " "), count: (64 - (text.count + 8) % 64) % 64)
    guard text.count <= SafetensorsHeader.lengthLimit else {
      throw ConvNetError(.invalidArgument, "too many tensors or too much metadata for one file")
    }
    let length = UInt64(text.count).littleEndian
    return Swift.withUnsafeBytes(of: length) { Array($0) } + text
  }
}
