extension Graph: Codable {
  private enum CodingKeys: String, CodingKey {
    case values, nodes, inputs, outputs, parameters
  }

  /// Writes the network; its tensors are not part of it, they are in the ``Weights``.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(values, forKey: .values)
    try container.encode(nodes, forKey: .nodes)
    try container.encode(inputs, forKey: .inputs)
    try container.encode(outputs, forKey: .outputs)
    try container.encode(parameters, forKey: .parameters)
  }

  /// Reads a network and checks it: references, order, and every shape.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidData` or `unsupported`, or the decoder's own error.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    values = try container.decode([ValueInfo].self, forKey: .values)
    nodes = try container.decode([Node].self, forKey: .nodes)
    inputs = try container.decode([ValueID].self, forKey: .inputs)
    outputs = try container.decode([ValueID].self, forKey: .outputs)
    parameters = try container.decode([ParameterSlot].self, forKey: .parameters)
    try checkReferences()
    try checkShapes()
  }

  /// Every value is made once, and before it is read.
  private func checkReferences() throws(ConvNetError) {
    var isKnown = [Bool](repeating: false, count: values.count)
    func define(_ id: ValueID, by what: String) throws(ConvNetError) {
      guard values.indices.contains(id.index), !isKnown[id.index] else {
        throw ConvNetError(
          .invalidData, "\(what): makes value \(id.index), which is unknown or made twice")
      }
      isKnown[id.index] = true
    }
    func use(_ id: ValueID, by what: String) throws(ConvNetError) {
      guard values.indices.contains(id.index), isKnown[id.index] else {
        throw ConvNetError(
          .invalidData, "\(what): reads value \(id.index), which nothing before it makes")
      }
    }
    for input in inputs { try define(input, by: "the graph's inputs") }
    var names: Set<String> = []
    for slot in parameters {
      try define(slot.value, by: "parameter '\(slot.name)'")
      guard names.insert(slot.name).inserted else {
        throw ConvNetError(.invalidData, "parameter '\(slot.name)' stands twice")
      }
    }
    for node in nodes {
      for input in node.inputs { try use(input, by: "node '\(node.name)'") }
      for output in node.outputs { try define(output, by: "node '\(node.name)'") }
    }
    for output in outputs { try use(output, by: "the graph's outputs") }
    guard !outputs.isEmpty else { throw ConvNetError(.invalidData, "the graph has no output") }
  }

  /// The stored shapes are those that the operations give.
  private func checkShapes() throws(ConvNetError) {
    for slot in parameters where shape(slot.value) != slot.shape {
      throw ConvNetError(
        .invalidData,
        "parameter '\(slot.name)': shape \(slot.shape) but its value has \(shape(slot.value))")
    }
    let inferred = try reshaped(inputs: shapes(inputs))
    for (stored, own) in zip(values, inferred.values) where stored.shape != own.shape {
      throw ConvNetError(
        .invalidData, "'\(stored.name)': stored shape \(stored.shape), computed \(own.shape)")
    }
  }
}

extension Graph.Node: Codable {
  private enum CodingKeys: String, CodingKey {
    case operation = "op"
    case name, inputs, outputs, attributes
  }

  /// Writes the operation's name and its attributes.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(type(of: operation).name, forKey: .operation)
    try container.encode(name, forKey: .name)
    try container.encode(inputs, forKey: .inputs)
    try container.encode(outputs, forKey: .outputs)
    try operation.encode(to: container.superEncoder(forKey: .attributes))
  }

  /// Reads an operation of the library, or one that the decoder's `userInfo` lists.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    inputs = try container.decode([ValueID].self, forKey: .inputs)
    outputs = try container.decode([ValueID].self, forKey: .outputs)
    let operationName = try container.decode(String.self, forKey: .operation)
    let extra =
      CodingUserInfoKey.convnetOperations.flatMap { decoder.userInfo[$0] as? [any Operation.Type] }
    guard
      let type = OperationRegistry.byName[operationName]
        ?? extra?.first(where: { $0.name == operationName })
    else {
      throw ConvNetError(
        .unsupported, "node '\(name)': unknown operation '\(operationName)'",
        advice: "the file may come from a newer version, or the operation must be registered")
    }
    operation = try type.init(from: container.superDecoder(forKey: .attributes))
  }
}
