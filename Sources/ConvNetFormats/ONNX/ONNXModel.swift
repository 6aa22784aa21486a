public import ConvNetGraph

/// An ONNX file that is open for reading: its graph as it stands there, and what surrounds it.
///
/// Opening reads the structure; weights stay in the file until they are asked for. A network is made
/// of it by ``network(inputs:known:)``.
public struct ONNXModel: Sendable {
  /// An input or output as the file declares it.
  public struct Declaration: Hashable, Sendable {
    /// The name.
    public let name: String
    /// The elements' type, nil where it is not declared or is no number.
    public let elementType: ElementType?
    /// The sizes, nil for each that is free (a name, or nothing); nil where no shape is declared.
    public let sizes: [Int?]?

    /// A declaration.
    public init(name: String, elementType: ElementType?, sizes: [Int?]?) {
      self.name = name
      self.elementType = elementType
      self.sizes = sizes
    }
  }

  /// The version of the standard operators that the file is written for.
  public let opset: Int
  /// What made the file.
  public let producer: String
  /// The texts that the file carries beside the graph.
  public let metadata: [String: String]
  /// The file's name for messages.
  public let name: String
  /// What has to be fed.
  public var inputs: [Declaration] {
    graph.inputs.filter { graph.initializers[$0.name] == nil }
  }
  /// What comes out.
  public var outputs: [Declaration] { graph.outputs }
  /// The number of nodes.
  public var nodeCount: Int { graph.nodes.count }

  let graph: ONNXGraph

  /// The oldest and newest version of the standard operators that is read; of versions before 7 those
  /// operators that have not changed since.
  public static let opsets = 1...23

  /// Opens a file.
  ///
  /// - Throws: ``ConvNetError``: the file's errors; of kind `invalidData` where it is damaged or no
  ///   ONNX, `unsupported` where its operators are too old or too new.
  public init(path: String) throws(ConvNetError) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    try self.init(FileBytes(path: path), folder: folder.isEmpty ? "/" : folder)
  }

  /// Reads bytes that are open already.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - folder: where weights outside the file are looked for; nil refuses them.
  /// - Throws: ``ConvNetError`` as ``init(path:)``.
  public init(_ bytes: FileBytes, folder: String? = nil) throws(ConvNetError) {
    name = bytes.name
    var reader = ProtobufReader(bytes)
    var graph: ONNXGraph?
    var (opset, producer) = (0, "")
    var metadata: [String: String] = [:]
    let tensors = ONNXTensorReader(folder: folder)
    while let field = try reader.next() {
      switch field.number {
      case 2: producer = try reader.text(field.value, "the producer's name")
      case 7:
        guard graph == nil else {
          throw ConvNetError(.invalidData, "\(bytes.name): has two graphs")
        }
        graph = try ONNXGraph(
          reader.message(reader.range(field.value, "the graph")), tensors: tensors, level: 0)
      case 8:
        let (domain, version) = try ONNXModel.operatorSet(
          reader.message(reader.range(field.value, "an operator set")))
        if domain.isEmpty || domain == "ai.onnx" { opset = version }
      case 14:
        let (key, value) = try ONNXTensorReader.pair(
          reader.message(reader.range(field.value, "metadata")))
        metadata[key] = value
      default: break
      }
    }
    guard let graph, !graph.outputs.isEmpty else {
      throw ConvNetError(
        .invalidData, "\(bytes.name): is not an ONNX model",
        reason: graph == nil ? "it has no graph" : "its graph has no output")
    }
    guard ONNXModel.opsets.contains(opset) else {
      throw ConvNetError(
        opset == 0 ? .invalidData : .unsupported,
        "\(bytes.name): is written for version \(opset) of ONNX's operators",
        reason: "read are \(ONNXModel.opsets.lowerBound) to \(ONNXModel.opsets.upperBound)",
        advice: "export it with another opset_version")
    }
    self.graph = graph
    self.opset = opset
    self.producer = producer
    self.metadata = metadata
  }

  /// Whether a file looks like ONNX: by its ending, or because the version field comes first and is
  /// small.
  public static func isONNX(_ bytes: FileBytes, path: String) -> Bool {
    path.hasSuffix(".onnx")
      || bytes.withUnsafeBytes { raw in
        raw.count > 16 && raw[0] == 0x08 && (1...64).contains(raw[1])
          && [0x12, 0x3A, 0x42, 0x1A, 0x22, 0x28, 0x32].contains(raw[2])
      }
  }

  private static func operatorSet(
    _ reader: ProtobufReader
  ) throws(ConvNetError) -> (domain: String, version: Int) {
    var (reader, domain, version) = (reader, "", 0)
    while let field = try reader.next() {
      if field.number == 1 { domain = try reader.text(field.value, "a domain") }
      if field.number == 2 { version = try reader.integer(field.value, "a version") }
    }
    return (domain, version)
  }
}
