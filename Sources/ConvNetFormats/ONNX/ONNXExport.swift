public import ConvNetGraph

extension ONNXNetwork {
  /// The version of the standard operators that files are written for.
  public static let exportedOpset = 17

  /// Writes the network as an ONNX file, whole or not at all.
  ///
  /// The batch is left free where the network allows it. Weights keep their names.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - metadata: texts to store beside the graph.
  /// - Throws: ``ConvNetError`` of kind `unsupported` listing every operation that has no form in ONNX,
  ///   or of kind `cannotWrite`.
  public func write(
    onnx path: String, metadata: [String: String] = [:]
  ) throws(ConvNetError) {
    try AtomicFile.write(try onnxBytes(metadata: metadata), to: path)
  }

  /// The bytes of the file that ``write(onnx:metadata:)`` writes.
  ///
  /// - Throws: ``ConvNetError`` of kind `unsupported` as there.
  public func onnxBytes(metadata: [String: String] = [:]) throws(ConvNetError) -> [UInt8] {
    let exporter = ONNXExporter(self)
    return try exporter.bytes(metadata: metadata)
  }
}

/// Writes a graph's nodes as ONNX nodes.
final class ONNXExporter {
  private let network: ONNXNetwork
  let graph: Graph
  private var nodes: [[UInt8]] = []
  private var initializers: [[UInt8]] = []
  private var names: [String?]
  private var used: Set<String> = []
  private var known: [String: String] = [:]
  private var problems: [String] = []
  /// The name of the node that is being written.
  private var current = ""

  init(_ network: ONNXNetwork) {
    self.network = network
    graph = network.graph
    names = [String?](repeating: nil, count: network.graph.values.count)
  }

  func bytes(metadata: [String: String]) throws(ConvNetError) -> [UInt8] {
    let isBatchFree = batchIsFree()
    let tensors = try graph.parametersInOrder(network.weights)
    // The ends keep their names; everything else gives way.
    for port in network.inputs + network.outputs { used.insert(port.name) }
    for (slot, tensor) in zip(graph.parameters, tensors) {
      let name = unique(slot.name)
      names[slot.value.index] = name
      initializers.append(ONNXExporter.tensor(tensor, name: name))
    }
    for (port, input) in zip(network.inputs, graph.inputs) {
      current = port.name
      names[input.index] =
        port.elementType == .float32
        ? port.name
        : emit("Cast", [port.name], [.integer("to", ONNXTensorReader.number(of: .float32))])
    }
    for node in graph.nodes {
      current = node.name
      guard let outputs = write(node) else {
        problems.append("'\(node.name)' (\(type(of: node.operation).name))")
        continue
      }
      for (id, name) in zip(node.outputs, outputs) { names[id.index] = name }
    }
    guard problems.isEmpty else {
      throw ConvNetError(
        .unsupported, "\(problems.count) nodes have no form in ONNX",
        reason: problems.prefix(100).joined(separator: ", "))
    }
    for (port, output) in zip(network.outputs, graph.outputs) {
      current = port.name
      let source = name(output)
      if port.elementType == .float32 {
        emit("Identity", [source], [], to: [port.name])
      } else {
        emit(
          "Cast", [source], [.integer("to", ONNXTensorReader.number(of: port.elementType))],
          to: [port.name])
      }
    }
    let size = (nodes + initializers).reduce(0) { $0 + $1.count }
    guard size < 1 << 31 else {
      throw ConvNetError(
        .unsupported, "the network has \(size) bytes, an ONNX file at most 2^31")
    }
    return model(metadata, isBatchFree: isBatchFree)
  }

  /// Whether every input's first size can be another one.
  private func batchIsFree() -> Bool {
    guard graph.inputs.allSatisfy({ graph.shape($0).rank > 0 }) else { return false }
    guard let other = try? graph.reshaped(batch: 3) else { return false }
    return zip(graph.outputs, other.outputs).allSatisfy { own, new in
      graph.shape(own).rank > 0 && other.shape(new)[0] != graph.shape(own)[0]
    }
  }

  private func model(_ metadata: [String: String], isBatchFree: Bool) -> [UInt8] {
    var writer = ProtobufWriter()
    writer.integer(1, 8)
    writer.text(2, "ConvNet")
    writer.message(7) { graph in
      for node in nodes { graph.data(1, node) }
      graph.text(2, "network")
      for tensor in initializers { graph.data(5, tensor) }
      for (port, input) in zip(network.inputs, self.graph.inputs) {
        graph.message(11) { declare(port, self.graph.shape(input), isBatchFree, &$0) }
      }
      for (port, output) in zip(network.outputs, self.graph.outputs) {
        graph.message(12) { declare(port, self.graph.shape(output), isBatchFree, &$0) }
      }
    }
    writer.message(8) { $0.integer(2, ONNXNetwork.exportedOpset) }
    for key in metadata.keys.sorted() {
      writer.message(14) {
        $0.text(1, key)
        $0.text(2, metadata[key] ?? "")
      }
    }
    return writer.bytes
  }

  private func declare(
    _ port: ONNXNetwork.Port, _ shape: Shape, _ isBatchFree: Bool, _ writer: inout ProtobufWriter
  ) {
    writer.text(1, port.name)
    writer.message(2) { type in
      type.message(1) { tensor in
        tensor.integer(1, ONNXTensorReader.number(of: port.elementType))
        tensor.message(2) { sizes in
          for (position, size) in shape.dimensions.enumerated() {
            sizes.message(1) { dimension in
              if position == 0, isBatchFree {
                dimension.text(2, "batch")
              } else {
                dimension.integer(1, size)
              }
            }
          }
        }
      }
    }
  }

  // MARK: Pieces

  /// An attribute of a node.
  enum Attribute {
    case integer(String, Int)
    case integers(String, [Int])
    case float(String, Float)
    case text(String, String)
  }

  /// The name of a value of the graph.
  func name(_ id: ValueID) -> String { names[id.index] ?? "" }

  private func unique(_ name: String) -> String {
    var (own, number) = (name.isEmpty ? "value" : name, 2)
    while !used.insert(own).inserted {
      own = "\(name)_\(number)"
      number += 1
    }
    return own
  }

  /// Writes a node; the name of its first output.
  @discardableResult
  func emit(_ type: String, _ inputs: [String], _ attributes: [Attribute] = []) -> String {
    emit(type, inputs, attributes, count: 1)[0]
  }

  /// Writes a node with several outputs.
  func emit(
    _ type: String, _ inputs: [String], _ attributes: [Attribute], count: Int
  ) -> [String] {
    let outputs = (0..<count).map { _ in unique(current) }
    emit(type, inputs, attributes, to: outputs)
    return outputs
  }

  private func emit(
    _ type: String, _ inputs: [String], _ attributes: [Attribute], to outputs: [String]
  ) {
    var node = ProtobufWriter()
    for input in inputs { node.text(1, input) }
    for output in outputs { node.text(2, output) }
    node.text(3, outputs.first ?? type)
    node.text(4, type)
    for attribute in attributes {
      node.message(5) { message in
        switch attribute {
        case .integer(let name, let value):
          message.text(1, name)
          message.integer(3, value)
          message.integer(20, 2)
        case .integers(let name, let values):
          message.text(1, name)
          for value in values { message.integer(8, value) }
          message.integer(20, 7)
        case .float(let name, let value):
          message.text(1, name)
          message.float(2, value)
          message.integer(20, 1)
        case .text(let name, let value):
          message.text(1, name)
          message.text(4, value)
          message.integer(20, 3)
        }
      }
    }
    nodes.append(node.bytes)
  }

  /// The name of an initializer of whole numbers.
  func integers(_ values: [Int], isScalar: Bool = false) -> String {
    let key = "\(values)\(isScalar)"
    if let name = known[key] { return name }
    let name = unique("sizes")
    known[key] = name
    var tensor = ProtobufWriter()
    if !isScalar { tensor.integer(1, values.count) }
    tensor.integer(2, ONNXTensorReader.number(of: .int64))
    tensor.text(8, name)
    var bytes: [UInt8] = []
    for value in values {
      withUnsafeBytes(of: Int64(value).littleEndian) { bytes.append(contentsOf: $0) }
    }
    tensor.data(9, bytes)
    initializers.append(tensor.bytes)
    return name
  }

  /// The name of an initializer of Float32 numbers.
  func floats(_ shape: Shape, _ values: [Float]) -> String {
    let key = "\(shape)\(values)"
    if let name = known[key] { return name }
    let name = unique("numbers")
    known[key] = name
    let tensor = Tensor(uninitialized: shape) { _ = $0.update(fromContentsOf: values) }
    initializers.append(ONNXExporter.tensor(tensor, name: name))
    return name
  }

  /// The name of a single number.
  func number(_ value: Float) -> String { floats([], [value]) }

  private static func tensor(_ tensor: Tensor, name: String) -> [UInt8] {
    var writer = ProtobufWriter()
    for size in tensor.shape.dimensions { writer.integer(1, size) }
    writer.integer(2, ONNXTensorReader.number(of: .float32))
    writer.text(8, name)
    tensor.withUnsafeBufferPointer { writer.floats(9, $0) }
    return writer.bytes
  }
}

extension Graph {
  /// The tensors of the parameters in their order.
  fileprivate func parametersInOrder(_ weights: Weights) throws(ConvNetError) -> [Tensor] {
    var tensors: [Tensor] = []
    for slot in parameters {
      guard let tensor = weights[slot.name], tensor.shape == slot.shape else {
        throw ConvNetError(
          .invalidArgument, "the weights have no tensor '\(slot.name)' of shape \(slot.shape)")
      }
      tensors.append(tensor)
    }
    return tensors
  }
}
