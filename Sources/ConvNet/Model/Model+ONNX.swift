public import ConvNetFormats
public import ConvNetGraph

extension Model {
  /// A model of an ONNX file.
  ///
  /// The weights of convolutions, linear layers and normalisations can be trained, batch norms have
  /// their running statistics: an imported model is fine-tuned as one that was made here.
  ///
  /// ```swift
  /// let model = try Model(onnx: ONNXModel(path: "detector.onnx"), input: [3, 640, 640])
  /// ```
  ///
  /// - Parameters:
  ///   - onnx: the file; it has one input and one output.
  ///   - input: one input without the batch, where the file leaves its sizes free: `[C, H, W]`.
  ///   - labels: the names of the classes in the order of the scores.
  ///   - preprocessing: how a picture becomes the network's input; numbers of 0...1 where nil.
  /// - Throws: ``ConvNetError`` as ``ONNXModel/network(inputs:known:hints:)``, or of kind `unsupported`
  ///   where the network has several inputs or outputs: such a network runs by ``NetworkRun``.
  public init(
    onnx: ONNXModel, input: Shape? = nil, labels: [String] = [],
    preprocessing: Preprocessing? = nil
  ) throws(ConvNetError) {
    var shapes: [String: Shape] = [:]
    if let input, let first = onnx.inputs.first {
      shapes[first.name] = Shape([1] + input.dimensions)
    }
    let network = try onnx.network(inputs: shapes)
    // What `export` stored beside the graph.
    func stored<Part: Decodable>(_ key: String, _ type: Part.Type) throws(ConvNetError) -> Part? {
      guard let text = onnx.metadata["convnet.\(key)"] else { return nil }
      let place = "\(onnx.name): convnet.\(key)"
      return try JSONValue(parsing: text, name: place).decode(type, name: place)
    }
    var ownLabels = labels
    if labels.isEmpty, let names = try stored("labels", [String].self) { ownLabels = names }
    var ownPreparation = preprocessing
    // Other sizes than the stored ones need another preparation.
    if preprocessing == nil, input == nil {
      ownPreparation = try stored("preprocessing", Preprocessing.self)
    }
    do throws(ConvNetError) {
      try self.init(
        network.graph, weights: network.weights, labels: ownLabels,
        preprocessing: ownPreparation,
        architecture: onnx.metadata["convnet.architecture"] ?? "onnx")
    } catch {
      throw error.at(onnx.name)
    }
  }
}
