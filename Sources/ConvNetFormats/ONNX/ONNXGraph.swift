internal import ConvNetGraph

/// The graph of an ONNX file: nodes that name what they read and write.
struct ONNXGraph: Sendable {
  private(set) var nodes: [ONNXNode] = []
  private(set) var initializers: [String: ONNXTensor] = [:]
  private(set) var inputs: [ONNXModel.Declaration] = []
  private(set) var outputs: [ONNXModel.Declaration] = []

  /// The graphs that may stand inside each other: a branch of a branch.
  private static let levelLimit = 16

  init(
    _ message: ProtobufReader, tensors: ONNXTensorReader, level: Int
  ) throws(ConvNetError) {
    var reader = message
    let name = reader.bytes.name
    guard level <= ONNXGraph.levelLimit else {
      throw ConvNetError(
        .unsupported, "\(name): has graphs inside graphs",
        reason: "the limit is \(ONNXGraph.levelLimit) levels")
    }
    while let field = try reader.next() {
      guard case .bytes(let range) = field.value else { continue }
      switch field.number {
      case 1:
        nodes.append(
          try ONNXNode(
            reader.message(range), number: nodes.count, tensors: tensors, level: level))
      case 5:
        let tensor = try tensors.tensor(reader.message(range), "an initializer")
        guard !tensor.name.isEmpty, initializers.updateValue(tensor, forKey: tensor.name) == nil
        else {
          throw ConvNetError(
            .invalidData,
            "\(name): initializer \"\(tensor.name.escapedForDisplay)\" has no name of its own")
        }
      case 11: inputs.append(try ONNXGraph.declaration(reader.message(range)))
      case 12: outputs.append(try ONNXGraph.declaration(reader.message(range)))
      case 15:
        throw ConvNetError(.unsupported, "\(name): has sparse initializers")
      default: break
      }
    }
    try sort(name)
  }

  /// Puts the nodes into an order in which each comes after what it reads; values of an enclosing graph
  /// count as known.
  private mutating func sort(_ name: String) throws(ConvNetError) {
    var producers: [String: Int] = [:]
    for (position, node) in nodes.enumerated() {
      for output in node.outputs where !output.isEmpty {
        guard producers.updateValue(position, forKey: output) == nil,
          initializers[output] == nil
        else {
          throw ConvNetError(
            .invalidData,
            "\(name): \(node.place) makes \"\(output.escapedForDisplay)\", which is "
              + "made elsewhere too")
        }
      }
    }
    var waiting = [Int](repeating: 0, count: nodes.count)
    var readers = [[Int]](repeating: [], count: nodes.count)
    for (position, node) in nodes.enumerated() {
      for input in Set(node.inputs) {
        guard let producer = producers[input] else { continue }
        waiting[position] += 1
        readers[producer].append(position)
      }
    }
    // The file's own order stays where it is possible, so that names and summaries follow it.
    guard
      nodes.indices.contains(where: { position in
        nodes[position].inputs.contains { (producers[$0] ?? -1) >= position }
      })
    else { return }
    var ready = nodes.indices.filter { waiting[$0] == 0 }
    var order: [Int] = []
    var next = 0
    while next < ready.count {
      let position = ready[next]
      next += 1
      order.append(position)
      for reader in readers[position] {
        waiting[reader] -= 1
        if waiting[reader] == 0 { ready.append(reader) }
      }
    }
    guard order.count == nodes.count else {
      let stuck = nodes.indices.first { waiting[$0] > 0 } ?? 0
      throw ConvNetError(
        .invalidData, "\(name): \(nodes[stuck].place) reads, at the end, what it makes",
        reason: "the graph has a circle")
    }
    nodes = order.map { nodes[$0] }
  }

  private static func declaration(
    _ message: ProtobufReader
  ) throws(ConvNetError) -> ONNXModel.Declaration {
    var (reader, name) = (message, "")
    var elementType: ElementType?
    var sizes: [Int?]?
    while let field = try reader.next() {
      switch field.number {
      case 1: name = try reader.text(field.value, "a value's name")
      case 2:
        var type = try reader.message(reader.range(field.value, "a value's type"))
        while let field = try type.next() {
          guard field.number == 1 else { continue }
          var tensor = try type.message(type.range(field.value, "a tensor's type"))
          while let field = try tensor.next() {
            if field.number == 1 {
              elementType = ONNXTensorReader.elementType(
                try tensor.integer(field.value, "an element type"))
            }
            if field.number == 2 {
              sizes = try shape(tensor.message(tensor.range(field.value, "a shape")))
            }
          }
        }
      default: break
      }
    }
    return ONNXModel.Declaration(name: name, elementType: elementType, sizes: sizes)
  }

  private static func shape(_ message: ProtobufReader) throws(ConvNetError) -> [Int?] {
    var (reader, sizes) = (message, [Int?]())
    while let field = try reader.next() {
      guard field.number == 1 else { continue }
      var dimension = try reader.message(reader.range(field.value, "a size"))
      var size: Int?
      while let field = try dimension.next() {
        // Some exporters write -1 or 0 for a free size.
        if field.number == 1 {
          let value = try dimension.integer(field.value, "a size")
          size = value > 0 ? value : nil
        }
      }
      sizes.append(size)
      guard sizes.count <= 64 else {
        throw ConvNetError(
          .unsupported, "\(reader.bytes.name): declares a value of more than 64 dimensions")
      }
    }
    return sizes
  }
}

/// One node of an ONNX graph.
struct ONNXNode: Sendable {
  private(set) var type = ""
  private(set) var domain = ""
  private(set) var name = ""
  private(set) var inputs: [String] = []
  private(set) var outputs: [String] = []
  private(set) var attributes: [String: ONNXAttribute] = [:]
  private let number: Int

  init(
    _ message: ProtobufReader, number: Int, tensors: ONNXTensorReader, level: Int
  ) throws(ConvNetError) {
    self.number = number
    var reader = message
    while let field = try reader.next() {
      switch field.number {
      case 1: inputs.append(try reader.text(field.value, "a node's input"))
      case 2: outputs.append(try reader.text(field.value, "a node's output"))
      case 3: name = try reader.text(field.value, "a node's name")
      case 4: type = try reader.text(field.value, "a node's operator")
      case 5:
        let (key, attribute) = try ONNXAttribute.read(
          reader.message(reader.range(field.value, "an attribute")), tensors: tensors, level: level)
        attributes[key] = attribute
      case 7: domain = try reader.text(field.value, "a node's domain")
      default: break
      }
    }
    if domain == "ai.onnx" { domain = "" }
    guard inputs.count <= 4_096, outputs.count <= 4_096 else {
      throw ConvNetError(
        .unsupported,
        "\(reader.bytes.name): \(place) has \(inputs.count) inputs and "
          + "\(outputs.count) outputs", reason: "the limit is 4096")
    }
  }

  /// The operator with its domain where it is not a standard one.
  var qualifiedType: String { domain.isEmpty ? type : "\(domain).\(type)" }

  /// The node's name for messages.
  var place: String {
    let own = name.isEmpty ? (outputs.first ?? "") : name
    let shown = own.isEmpty ? "number \(number)" : "'\(own.escapedForDisplay)'"
    return "node \(shown) (\(qualifiedType.escapedForDisplay))"
  }
}

/// The value of an attribute.
enum ONNXAttribute: Sendable {
  case float(Float)
  case integer(Int)
  case text(String)
  case tensor(ONNXTensor)
  case graph(ONNXGraph)
  case floats([Float])
  case integers([Int])
  case texts([String])
  /// A kind that no operator here has.
  case other

  static func read(
    _ message: ProtobufReader, tensors: ONNXTensorReader, level: Int
  ) throws(ConvNetError) -> (name: String, ONNXAttribute) {
    var (reader, name, kind) = (message, "", 0)
    var (float, integer): (Float?, Int?)
    var (text, tensor, graph): (String?, ONNXTensor?, ONNXGraph?)
    var (floats, integers, texts) = ([Float](), [Int](), [String]())
    while let field = try reader.next() {
      switch field.number {
      case 1: name = try reader.text(field.value, "an attribute's name")
      case 2: float = try reader.float(field.value, "attribute '\(name)'")
      case 3: integer = try reader.integer(field.value, "attribute '\(name)'")
      // Texts are ASCII words where an operator here reads them.
      case 4:
        let range = try reader.range(field.value, "attribute '\(name)'")
        text = reader.bytes.withUnsafeBytes { String(decoding: $0[range], as: UTF8.self) }
      case 5:
        tensor = try tensors.tensor(
          reader.message(reader.range(field.value, "attribute '\(name)'")), "attribute '\(name)'")
      case 6:
        graph = try ONNXGraph(
          reader.message(reader.range(field.value, "attribute '\(name)'")), tensors: tensors,
          level: level + 1)
      case 7: try reader.appendFloats(field.value, "attribute '\(name)'", to: &floats)
      case 8: try reader.appendIntegers(field.value, "attribute '\(name)'", to: &integers)
      case 9: texts.append(try reader.text(field.value, "attribute '\(name)'"))
      case 20: kind = try reader.integer(field.value, "an attribute's type")
      default: break
      }
    }
    let value: ONNXAttribute =
      switch kind {
      case 1: .float(float ?? 0)
      case 2: .integer(integer ?? 0)
      case 3: .text(text ?? "")
      case 4: tensor.map { .tensor($0) } ?? .other
      case 5: graph.map { .graph($0) } ?? .other
      case 6: .floats(floats)
      case 7: .integers(integers)
      case 8: .texts(texts)
      // Old files leave the type out.
      case 0:
        float.map { .float($0) } ?? integer.map { .integer($0) } ?? text.map { .text($0) }
          ?? tensor.map { .tensor($0) } ?? graph.map { .graph($0) }
          ?? (floats.isEmpty ? integers.isEmpty ? .other : .integers(integers) : .floats(floats))
      default: .other
      }
    return (name, value)
  }
}
