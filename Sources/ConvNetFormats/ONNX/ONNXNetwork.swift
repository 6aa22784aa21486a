public import ConvNetGraph

/// What an ONNX file becomes: a graph, its weights, and the names and types at its ends.
public struct ONNXNetwork: Sendable {
  /// An input or output of the network.
  public struct Port: Hashable, Sendable {
    /// The name in the file.
    public var name: String
    /// The type that the file gives its elements; the graph computes in Float32.
    public var elementType: ElementType

    /// An input or output.
    public init(name: String, elementType: ElementType) {
      self.name = name
      self.elementType = elementType
    }
  }

  /// The network.
  public var graph: Graph
  /// Its numbers.
  public var weights: Weights
  /// What is fed, in the graph's order.
  public var inputs: [Port]
  /// What comes out, in the graph's order.
  public var outputs: [Port]

  /// A network with its names and types.
  public init(graph: Graph, weights: Weights, inputs: [Port], outputs: [Port]) {
    self.graph = graph
    self.weights = weights
    self.inputs = inputs
    self.outputs = outputs
  }
}

extension ONNXModel {
  /// The network for inputs of given sizes.
  ///
  /// Arithmetic on sizes and everything else that depends on weights and shapes alone is computed
  /// here. A free first dimension is taken as the batch, 1 where nothing else is asked for; the graph
  /// can be brought to another batch later. Trained parameters are the weights of convolutions, linear
  /// layers and normalisations, under the file's names.
  ///
  /// - Parameters:
  ///   - shapes: the sizes of inputs by name; needed where the file leaves more than the batch free.
  ///   - known: inputs whose numbers are fixed: they are not inputs of the graph any more.
  ///   - hints: the numbers that inputs will have; a node that must know them may use them.
  /// - Throws: ``ConvNetError`` of kind `unsupported` listing every node that has no counterpart here,
  ///   `invalidArgument` where sizes are missing, `invalidNetwork` or `invalidData` where a node is
  ///   not possible.
  public func network(
    inputs shapes: [String: Shape] = [:], known: [String: TypedTensor] = [:],
    hints: [String: TypedTensor] = [:]
  ) throws(ConvNetError) -> ONNXNetwork {
    let names = Set(inputs.map(\.name))
    for name in Array(shapes.keys) + Array(known.keys) where !names.contains(name) {
      throw ConvNetError(
        .invalidArgument, "\(self.name): has no input '\(name.escapedForDisplay)'",
        reason:
          "its inputs are \(inputs.map { "'\($0.name.escapedForDisplay)'" }.joined(separator: ", "))"
      )
    }
    let importer = ONNXImporter(self)
    return try importer.network(shapes: shapes, known: known, hints: hints)
  }

  /// The sizes of an input where the caller gives none: a free first one is 1.
  func shape(of input: Declaration) throws(ConvNetError) -> Shape {
    let shown = input.name.escapedForDisplay
    guard let sizes = input.sizes else {
      throw ConvNetError(
        .invalidArgument, "\(name): input '\(shown)' has no sizes",
        advice: "say them: convnet import --size CxHxW")
    }
    var dimensions: [Int] = []
    for (position, size) in sizes.enumerated() {
      guard let size = size ?? (position == 0 ? 1 : nil) else {
        let text = sizes.map { $0.map { "\($0)" } ?? "?" }.joined(separator: ", ")
        throw ConvNetError(
          .invalidArgument, "\(name): input '\(shown)' is [\(text)], sizes are free",
          reason: "a network is made for one size of pictures",
          advice: "say the size: convnet import --size CxHxW")
      }
      dimensions.append(size)
    }
    return try Shape(validating: dimensions)
  }
}

extension ONNXModel {
  /// The network for inputs whose numbers are known, and the inputs that it is to be fed with.
  ///
  /// A node that must know an input (the sizes of a reshape, say) gets its numbers. Where arithmetic on
  /// such inputs comes before, all inputs of whole numbers are fixed, and as a last resort all inputs.
  ///
  /// - Throws: ``ConvNetError`` as ``network(inputs:known:hints:)``.
  public func network(
    for tensors: [String: TypedTensor]
  ) throws(ConvNetError) -> (network: ONNXNetwork, fed: [Tensor]) {
    for input in inputs where tensors[input.name] == nil {
      throw ConvNetError(
        .invalidArgument,
        "\(name): nothing is given for the input '\(input.name.escapedForDisplay)'",
        reason:
          "given are \(tensors.keys.sorted().map { "'\($0.escapedForDisplay)'" }.joined(separator: ", "))"
      )
    }
    let whole = tensors.filter { $0.value.elementType.isInteger || $0.value.elementType == .bool }
    var failure: ConvNetError?
    for known in [[:], whole, tensors] {
      do throws(ConvNetError) {
        let network = try network(
          known: known, hints: tensors.filter { known[$0.key] == nil })
        return (network, network.inputs.compactMap { tensors[$0.name]?.tensor })
      } catch {
        guard error.kind == .unsupported || error.kind == .invalidNetwork else { throw error }
        failure = failure ?? error
      }
    }
    throw failure ?? ConvNetError(.internal, "\(name): no way was tried")
  }
}
