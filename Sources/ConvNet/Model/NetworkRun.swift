public import ConvNetEngine
public import ConvNetFormats
public import ConvNetGraph

/// A network file run on raw named tensors, with no pictures in between: for comparisons with other
/// programs.
public enum NetworkRun {
  /// What computes.
  public enum Executor: String, Sendable, CaseIterable {
    /// The engine with its kernels.
    case engine
    /// The plain loops of the operations in Float64: slow, and what the engine is tested against.
    case reference
  }

  /// The outputs of a network for tensors by name.
  ///
  /// A model file of this library has one input, called `input`, and any tensor name does for it. The
  /// outputs have the names and element types of the file; numbers that their type cannot hold stay
  /// Float32.
  ///
  /// - Parameters:
  ///   - path: a model file of this library or an ONNX file.
  ///   - inputs: one tensor per input, batch included.
  ///   - executor: what computes.
  ///   - options: the engine's options.
  /// - Throws: ``ConvNetError``: the files' errors; of kind `invalidArgument` where an input is missing,
  ///   unknown or of an impossible shape.
  public static func outputs(
    of path: String, inputs: [TensorData], executor: Executor = .engine,
    options: EngineOptions = EngineOptions()
  ) throws(ConvNetError) -> [TensorData] {
    let bytes = try FileBytes(path: path)
    guard ONNXModel.isONNX(bytes, path: path) else {
      let model = try Model(contentsOf: path)
      let name = model.graph.values[model.graph.inputs[0].index].name
      guard let input = inputs.first, inputs.count == 1 else {
        throw ConvNetError(
          .invalidArgument, "\(bytes.name): takes 1 tensor, '\(name)', got \(inputs.count)")
      }
      let graph = try model.graph.reshaped(inputs: [input.shape])
      let network = ONNXNetwork(
        graph: graph, weights: model.weights,
        inputs: [ONNXNetwork.Port(name: name, elementType: .float32)],
        outputs: [
          ONNXNetwork.Port(
            name: graph.values[graph.outputs[0].index].name, elementType: .float32)
        ])
      return try outputs(of: network, [input.tensor], executor, options)
    }
    let onnx = try ONNXModel(path: path)
    var tensors: [String: TypedTensor] = [:]
    let names = Set(onnx.inputs.map(\.name))
    for input in inputs {
      guard names.contains(input.name) || (names.count == 1 && inputs.count == 1) else {
        throw ConvNetError(
          .invalidArgument, "\(onnx.name): has no input '\(input.name.escapedForDisplay)'",
          reason: "its inputs are "
            + names.sorted().map { "'\($0.escapedForDisplay)'" }.joined(separator: ", "))
      }
      let name = names.contains(input.name) ? input.name : onnx.inputs[0].name
      tensors[name] = TypedTensor(input)
    }
    let (network, fed) = try onnx.network(for: tensors)
    return try outputs(of: network, fed, executor, options)
  }

  /// The outputs of an imported network for tensors in its inputs' order.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where a shape differs.
  public static func outputs(
    of network: ONNXNetwork, _ inputs: [Tensor], _ executor: Executor = .engine,
    _ options: EngineOptions = EngineOptions()
  ) throws(ConvNetError) -> [TensorData] {
    let results: [Tensor]
    switch executor {
    case .reference:
      let graph = network.graph
      var parameters: [ReferenceArray<Double>] = []
      for slot in graph.parameters {
        guard let tensor = network.weights[slot.name] else {
          throw ConvNetError(.invalidArgument, "the weights have no tensor '\(slot.name)'")
        }
        parameters.append(ReferenceArray(tensor))
      }
      results = try ReferenceExecutor<Double>(graph).run(
        parameters: parameters, inputs: inputs.map { ReferenceArray($0) }
      ).map(\.tensor)
    case .engine:
      let plan = try Plan(network.graph, options: options)
      try plan.checkMemory()
      results = try ConvNetEngine.Executor(plan, weights: network.weights).run(inputs)
    }
    var outputs: [TensorData] = []
    for (port, result) in zip(network.outputs, results) {
      do throws(ConvNetError) {
        outputs.append(try TensorData(port.name, result, as: port.elementType))
      } catch {
        outputs.append(try TensorData(port.name, result))
      }
    }
    return outputs
  }
}
