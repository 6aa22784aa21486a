internal import ConvNetFormats
public import ConvNetGraph

extension Model {
  /// The keys of the file's metadata.
  private enum Key {
    static let format = "format"
    static let version = "convnet.version"
    static let graph = "convnet.graph"
    static let labels = "convnet.labels"
    static let preprocessing = "convnet.preprocessing"
    static let architecture = "convnet.architecture"
    static let training = "convnet.training"
  }

  private static let formatName = "convnet"
  private static let formatVersion = 1

  /// Writes the model into a safetensors file, whole or not at all.
  ///
  /// The file holds everything: the network, the numbers, class names, the preparation of pictures,
  /// the training's settings. Other programs read the tensors under their PyTorch names.
  ///
  /// - Throws: ``ConvNetError`` of kind `cannotWrite`, or `invalidArgument` where the parts do not fit
  ///   each other.
  public func save(to path: String) throws(ConvNetError) {
    try SafetensorsFile.write(checkedWeights(), metadata: try metadata(), to: path)
  }

  /// The bytes of the file that ``save(to:)`` writes.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the parts do not fit each other.
  public func bytes() throws(ConvNetError) -> [UInt8] {
    try SafetensorsFile.bytes(of: checkedWeights(), metadata: try metadata())
  }

  /// Reads a model file, or an ONNX file whose sizes are not free (else
  /// ``init(onnx:input:labels:preprocessing:)``).
  ///
  /// Large weights are not copied: they stay in the file, which must not be changed in place while the
  /// model lives. ``save(to:)`` replaces files and may be used on the same name.
  ///
  /// - Throws: ``ConvNetError``: the file's errors, or of kind `invalidData` naming the part that is
  ///   damaged or missing.
  public init(contentsOf path: String) throws(ConvNetError) {
    let bytes = try FileBytes(path: path)
    if ONNXModel.isONNX(bytes, path: path) {
      try self.init(onnx: ONNXModel(path: path))
    } else {
      try self.init(bytes)
    }
  }

  /// Reads a model file's bytes.
  ///
  /// - Throws: ``ConvNetError`` as ``init(contentsOf:)``.
  public init(bytes: [UInt8], name: String = "model") throws(ConvNetError) {
    try self.init(FileBytes(bytes, name: name))
  }

  private init(_ bytes: FileBytes) throws(ConvNetError) {
    let file = try SafetensorsFile(bytes)
    try self.init(metadata: file.metadata, weights: file.load().weights, name: bytes.name)
  }

  /// The model that a file's metadata describe.
  init(metadata: [String: String], weights: Weights, name: String) throws(ConvNetError) {
    guard let text = metadata[Key.graph] else {
      throw ConvNetError(
        .invalidData, "\(name): holds weights but no network",
        advice: "make the network first, then load the weights into it: model.load(path)")
    }
    if let version = metadata[Key.version],
      Int(version).map({ $0 > Model.formatVersion }) ?? true
    {
      throw ConvNetError(
        .unsupported, "\(name): is a model file of version \(version.escapedForDisplay)",
        reason: "this build reads versions up to \(Model.formatVersion)")
    }
    func read<Part: Decodable>(_ key: String, _ type: Part.Type) throws(ConvNetError) -> Part? {
      guard let text = metadata[key] else { return nil }
      return try JSONValue(parsing: text, name: "\(name): \(key)")
        .decode(type, name: "\(name): \(key)")
    }
    let place = "\(name): \(Key.graph)"
    let graph = try JSONValue(parsing: text, name: place).decode(Graph.self, name: place)
    let labels = try read(Key.labels, [String].self) ?? []
    let preprocessing = try read(Key.preprocessing, Preprocessing.self)
    do throws(ConvNetError) {
      try self.init(
        graph, weights: weights, labels: labels, preprocessing: preprocessing,
        architecture: metadata[Key.architecture] ?? "graph")
    } catch {
      throw ConvNetError(
        .invalidData, "\(name): \(error.summary)", reason: error.reason, advice: error.advice)
    }
    training = try read(Key.training, TrainingRecord.self)
  }

  /// The weights in the graph's order.
  private func checkedWeights() throws(ConvNetError) -> Weights {
    try checkMetadata()
    let tensors = try graph.matching(weights)
    return Weights(zip(graph.parameters, tensors).map { (name: $0.name, tensor: $1) })
  }

  /// What describes the model besides its tensors.
  func metadata() throws(ConvNetError) -> [String: String] {
    var metadata = [
      Key.format: Model.formatName,
      Key.version: "\(Model.formatVersion)",
      Key.architecture: architecture,
      Key.graph: try JSONValue(encoding: graph).serialized(),
      Key.labels: try JSONValue(encoding: labels).serialized(),
      Key.preprocessing: try JSONValue(encoding: preprocessing).serialized(),
    ]
    if let training { metadata[Key.training] = try JSONValue(encoding: training).serialized() }
    return metadata
  }
}
