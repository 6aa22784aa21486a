public import ConvNetEngine
internal import ConvNetFormats
public import ConvNetGraph

/// How far the outputs of two forms of a network are apart.
public struct OutputDifference: Hashable, Sendable, Codable {
  /// The largest absolute difference of two numbers.
  public var largest: Double
  /// The largest magnitude among the numbers that were expected.
  public var scale: Double
  /// How many numbers were compared.
  public var count: Int

  /// The difference as a share of the largest magnitude; 0 where nothing differs.
  public var relative: Double { largest == 0 ? 0 : largest / max(scale, 1e-30) }

  /// Compares tensors of the same shapes; other shapes, and NaN on one side, are infinitely far apart.
  public init(_ found: [Tensor], _ expected: [Tensor]) {
    (largest, scale, count) = (0, 0, 0)
    guard found.map(\.shape) == expected.map(\.shape) else {
      largest = .infinity
      return
    }
    for (own, other) in zip(found, expected) {
      count += own.count
      own.withUnsafeBufferPointer { a in
        other.withUnsafeBufferPointer { b in
          for (x, y) in zip(a, b) where !(x.isNaN && y.isNaN) && x != y {
            let difference = abs(Double(x) - Double(y))
            largest = max(largest, difference.isNaN ? .infinity : difference)
          }
          for y in b where y.isFinite { scale = max(scale, Double(abs(y))) }
        }
      }
    }
  }
}

extension Model {
  /// Numbers that look like a prepared picture: the same ones each time, spread over -1...1.
  ///
  /// - Parameter batch: how many.
  public func probe(batch: Int = 2) -> Tensor {
    let random = CounterRandom(seed: 1, stream: "probe")
    return Tensor(uninitialized: Shape([batch] + inputShape.dimensions)) { buffer in
      for index in buffer.indices {
        buffer[index] = Float(2 * random.uniform(at: UInt64(index)) - 1)
      }
    }
  }

  /// The outputs for inputs `[N, ...]`.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` for another shape.
  public func outputs(
    for inputs: Tensor, executor: NetworkRun.Executor = .engine,
    options: EngineOptions = EngineOptions()
  ) throws(ConvNetError) -> Tensor {
    let graph = try graph.reshaped(inputs: [inputs.shape])
    switch executor {
    case .engine:
      let plan = try Plan(graph, options: options)
      try plan.checkMemory()
      return try Executor(plan, weights: weights).run([inputs])[0]
    case .reference:
      var parameters: [ReferenceArray<Double>] = []
      for tensor in try graph.matching(weights) { parameters.append(ReferenceArray(tensor)) }
      return try ReferenceExecutor<Double>(graph).run(
        parameters: parameters, inputs: [ReferenceArray(inputs)])[0].tensor
    }
  }

  /// How far another form of this network is from it, on a probe: a batch of two where both allow it.
  ///
  /// - Throws: ``ConvNetError`` where one of them does not run.
  public func difference(
    of other: Model, options: EngineOptions = EngineOptions()
  ) throws(ConvNetError) -> OutputDifference {
    let allows =
      (try? graph.reshaped(batch: 2)) != nil && (try? other.graph.reshaped(batch: 2)) != nil
    let probe = probe(batch: allows ? 2 : 1)
    return OutputDifference(
      [try other.outputs(for: probe, options: options)],
      [try outputs(for: probe, options: options)])
  }

  /// How far the engine is from the plain loops in Float64, on a probe of one input.
  ///
  /// - Throws: ``ConvNetError`` where the network does not run.
  public func differenceFromReference(
    options: EngineOptions = EngineOptions()
  ) throws(ConvNetError) -> OutputDifference {
    let probe = probe(batch: 1)
    return OutputDifference(
      [try outputs(for: probe, options: options)],
      [try outputs(for: probe, executor: .reference)])
  }

  /// How far the outputs are from those that another program stored: a safetensors file with tensors
  /// `input` and `output`, batch included.
  ///
  /// - Throws: ``ConvNetError``: the file's errors, or where the network does not run.
  public func difference(
    fromStored path: String, options: EngineOptions = EngineOptions()
  ) throws(ConvNetError) -> OutputDifference {
    let file = try SafetensorsFile(path: path)
    let (input, output) = (try file.tensor(named: "input"), try file.tensor(named: "output"))
    return OutputDifference([try outputs(for: input, options: options)], [output])
  }

  /// Writes the model as an ONNX file; class names and the preparation of pictures go along as texts.
  ///
  /// - Throws: ``ConvNetError`` of kind `unsupported` listing what has no form in ONNX, or of kind
  ///   `cannotWrite`.
  public func export(onnx path: String) throws(ConvNetError) {
    try AtomicFile.write(try onnxBytes(), to: path)
  }

  /// The bytes of the file that ``export(onnx:)`` writes.
  ///
  /// - Throws: ``ConvNetError`` of kind `unsupported` as there.
  public func onnxBytes() throws(ConvNetError) -> [UInt8] {
    var texts = try metadata()
    texts["convnet.graph"] = nil
    texts["convnet.training"] = nil
    texts["format"] = nil
    let network = ONNXNetwork(
      graph: graph, weights: weights,
      inputs: [ONNXNetwork.Port(name: "input", elementType: .float32)],
      outputs: [ONNXNetwork.Port(name: "output", elementType: .float32)])
    return try network.onnxBytes(metadata: texts)
  }
}
