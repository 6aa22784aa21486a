internal import ConvNetGraph

/// What flows along an edge of an ONNX graph while a network is made of it.
enum ONNXOperand {
  /// Numbers that are known; they became known under this name.
  case constant(TypedTensor, name: String)
  /// An edge of the network, and its numbers where the caller told them.
  case value(Value, ElementType, hint: TypedTensor?)
  /// What an unsupported node would have made.
  case unknown

  /// An edge of the network.
  static func value(_ value: Value, _ type: ElementType) -> ONNXOperand {
    .value(value, type, hint: nil)
  }
}

/// Walks an ONNX graph and builds the network.
///
/// Nodes whose inputs are all known are computed at once by the reference loops in Float64 (that is the
/// folding of shape arithmetic), all others become nodes of the graph. Both go through the same
/// functions, one per operator, which only see a ``ONNXNodeContext``.
final class ONNXImporter {
  private let model: ONNXModel
  let builder = GraphBuilder(continuing: Graph())
  private var weights = Weights()
  /// The slots that known numbers were given, by the numbers' name and form.
  private var lifted: [String: (value: Value, slot: Int)] = [:]
  private var slotNames: Set<String> = []
  private var constants = 0
  private var folded = 0
  /// Nodes that have no counterpart, by operator.
  private var problems: [(operator: String, node: String, reason: String?)] = []

  /// The largest result that is computed while reading; larger ones become nodes of the network.
  private static let foldingLimit = 1 << 22
  /// The numbers that may be computed while reading, altogether.
  private static let foldingBudget = 1 << 25

  init(_ model: ONNXModel) { self.model = model }

  func network(
    shapes: [String: Shape], known: [String: TypedTensor], hints: [String: TypedTensor]
  ) throws(ConvNetError) -> ONNXNetwork {
    var scope: [String: ONNXOperand] = [:]
    var inputs: [ONNXNetwork.Port] = []
    for input in model.inputs {
      if let constant = known[input.name] {
        scope[input.name] = .constant(constant, name: input.name)
        continue
      }
      guard let type = input.elementType else {
        throw ConvNetError(
          .unsupported,
          "\(model.name): input '\(input.name.escapedForDisplay)' holds no numbers")
      }
      let shape: Shape
      if let given = shapes[input.name] ?? hints[input.name]?.shape {
        shape = given
      } else {
        shape = try model.shape(of: input)
      }
      let value = builder.input(shape, name: input.name)
      scope[input.name] = .value(value, type, hint: hints[input.name])
      inputs.append(ONNXNetwork.Port(name: input.name, elementType: type))
    }
    let results = try evaluate(model.graph, scope: scope)
    guard problems.isEmpty else { throw unsupported() }
    var outputs: [Value] = []
    var ports: [ONNXNetwork.Port] = []
    for (operand, declaration) in zip(results, model.graph.outputs) {
      let type: ElementType
      switch operand {
      case .constant(let constant, let name):
        outputs.append(lift(constant, name: name, role: .constant, form: ""))
        type = constant.elementType
      case .value(let value, let own, _):
        outputs.append(value)
        type = declaration.elementType ?? own
      case .unknown: throw unsupported()
      }
      ports.append(ONNXNetwork.Port(name: declaration.name, elementType: type))
    }
    do throws(ConvNetError) {
      let graph = try builder.finish(outputs)
      return ONNXNetwork(graph: graph, weights: weights, inputs: inputs, outputs: ports)
    } catch {
      throw error.at(model.name)
    }
  }

  /// The outputs of a graph; of an inner one with the names of the outer known.
  func evaluate(
    _ graph: ONNXGraph, scope outer: [String: ONNXOperand]
  ) throws(ConvNetError) -> [ONNXOperand] {
    var scope = outer
    for (name, tensor) in graph.initializers where scope[name] == nil {
      scope[name] = .constant(tensor.constant, name: name)
    }
    for node in graph.nodes {
      let results = try evaluate(node, scope: scope)
      for (name, result) in zip(node.outputs, results) where !name.isEmpty { scope[name] = result }
    }
    var results: [ONNXOperand] = []
    for output in graph.outputs {
      guard let result = scope[output.name] else {
        throw ConvNetError(
          .invalidData,
          "\(model.name): nothing makes the output '\(output.name.escapedForDisplay)'")
      }
      results.append(result)
    }
    return results
  }

  private func evaluate(
    _ node: ONNXNode, scope: [String: ONNXOperand]
  ) throws(ConvNetError) -> [ONNXOperand] {
    var inputs: [ONNXOperand?] = []
    for name in node.inputs {
      guard !name.isEmpty else {
        inputs.append(nil)
        continue
      }
      guard let operand = scope[name] else {
        throw ConvNetError(
          .invalidData,
          "\(model.name): \(node.place) reads '\(name.escapedForDisplay)', which nothing makes")
      }
      inputs.append(operand)
    }
    let nothing = node.outputs.map { _ in ONNXOperand.unknown }
    guard node.domain.isEmpty, let operation = ONNXOperators.all[node.type] else {
      problems.append((node.qualifiedType, node.place, nil))
      return nothing
    }
    guard model.opset >= 7 || !ONNXOperators.changedInVersion7.contains(node.type) else {
      problems.append((node.qualifiedType, node.place, "of version \(model.opset), read since 7"))
      return nothing
    }
    if inputs.contains(where: { if case .unknown = $0 { true } else { false } }) { return nothing }
    do throws(ConvNetError) {
      if let known = try folded(node, inputs, scope, operation) { return known }
      builder.standingFor = ONNXImporter.displayName(node)
      let context = ONNXNodeContext(
        node: node, inputs: inputs, scope: scope, opset: model.opset, importer: self,
        isFolding: false)
      let results = try operation(context)
      if let error = builder.error { throw error }
      return try complete(results, node)
    } catch {
      guard error.kind == .unsupported, builder.error == nil else {
        // Byte by byte: searching for a String in a String brings in regular expressions.
        let name = Array(ONNXImporter.displayName(node).utf8), text = Array(error.summary.utf8)
        let isNamed = text.indices.contains { text[$0...].starts(with: name) }
        throw error.at(isNamed ? model.name : "\(model.name): \(node.place)")
      }
      problems.append((node.qualifiedType, node.place, error.summary))
      return nothing
    }
  }

  /// As many results as the node names.
  private func complete(
    _ results: [ONNXOperand], _ node: ONNXNode
  ) throws(ConvNetError) -> [ONNXOperand] {
    for (position, name) in node.outputs.enumerated()
    where position >= results.count && !name.isEmpty {
      throw ConvNetError(.unsupported, "its output number \(position + 1) is not supported")
    }
    if node.type != "Constant", node.type != "Identity" {
      for case .constant(let constant, _) in results {
        folded += constant.shape.count
        guard folded <= ONNXImporter.foldingBudget else {
          throw ConvNetError(.unsupported, "its constants and those before are too many")
        }
      }
    }
    return zip(node.outputs, results).map { name, result in
      // Known numbers get the name that the file knows them by.
      if case .constant(let constant, let own) = result, own.isEmpty {
        return .constant(constant, name: name)
      }
      return result
    }
  }

  // MARK: Folding

  /// The results of a node whose inputs are all known; nil where it must become part of the network.
  private func folded(
    _ node: ONNXNode, _ inputs: [ONNXOperand?], _ scope: [String: ONNXOperand],
    _ operation: ONNXOperators.Function
  ) throws(ConvNetError) -> [ONNXOperand]? {
    var size = 0
    for input in inputs {
      switch input {
      case .constant(let constant, _): size += ONNXImporter.extent(constant.shape)
      case nil: continue
      default: return nil
      }
    }
    // A node with graphs inside reads more than its inputs; its branches' nodes are folded one by one.
    let isPlain = node.attributes.values.allSatisfy { if case .graph = $0 { false } else { true } }
    guard size <= ONNXImporter.foldingLimit, !inputs.isEmpty, isPlain else { return nil }
    let context = ONNXNodeContext(
      node: node, inputs: inputs, scope: scope, opset: model.opset, importer: self, isFolding: true)
    let results = try operation(context)
    if let error = context.builder.error { throw error }
    let values = results.compactMap { result -> Value? in
      if case .value(let value, _, _) = result { value } else { nil }
    }
    guard !values.isEmpty else { return try complete(results, node) }
    let graph = try context.builder.finish(values)
    var (work, produced) = (0, 0)
    for value in graph.values { produced += min(ONNXImporter.extent(value.shape), 1 << 40) }
    for node in graph.nodes where produced <= ONNXImporter.foldingLimit {
      work += node.operation.multiplyAdds(
        inputs: graph.shapes(node.inputs), outputs: graph.shapes(node.outputs))
    }
    guard produced <= ONNXImporter.foldingLimit, work <= 1 << 28,
      folded + produced <= ONNXImporter.foldingBudget
    else { return nil }
    var numbers = try ReferenceExecutor<Double>(graph).run(
      parameters: [], inputs: context.foldedInputs)[...]
    let known = results.map { result -> ONNXOperand in
      guard case .value(_, let type, _) = result, let array = numbers.popFirst() else {
        return result
      }
      let constant = TypedTensor(type, array.shape, array.elements)
      return .constant(
        type.isExactInFloat32 ? TypedTensor(type, constant.tensor) : constant, name: "")
    }
    return try complete(known, node)
  }

  /// What the loops work through at least: an empty value may have long sides.
  private static func extent(_ shape: Shape) -> Int {
    max(shape.count, shape.dimensions.max() ?? 0)
  }

  // MARK: Known numbers in the network

  /// A parameter that holds known numbers; the same numbers in the same form share one.
  func lift(
    _ constant: TypedTensor, name: String, role: ParameterSlot.Role, form: String
  ) -> Value {
    let key = "\(form) \(name)"
    if !name.isEmpty, let known = lifted[key] {
      if role != .constant { builder.graph.parameters[known.slot].role = role }
      return known.value
    }
    let own = slotName(name.isEmpty ? "constant.\(constants)" : readable(name, constant.shape))
    constants += name.isEmpty ? 1 : 0
    let tensor = constant.tensor
    let value = builder.declareParameter(
      name: own, shape: tensor.shape, role: role, initializer: .constant(0))
    weights[own] = tensor
    if !name.isEmpty { lifted[key] = (value, builder.graph.parameters.count - 1) }
    return value
  }

  /// The name of a parameter: the file's, or its layer's where torch's exporter made one up
  /// (`onnx::Conv_193`, for a convolution that swallowed a batch norm).
  private func readable(_ name: String, _ shape: Shape) -> String {
    guard name.hasPrefix("onnx::"), let layer = builder.standingFor else { return name }
    return layer + (shape.rank > 1 ? ".weight" : ".bias")
  }

  private func slotName(_ name: String) -> String {
    var (own, number) = (name, 2)
    while own == "__metadata__" || !slotNames.insert(own).inserted {
      own = "\(name).\(number)"
      number += 1
    }
    return own
  }

  // MARK: Names

  /// The name of a node's counterpart: torch's `/layer1/layer1.0/conv1/Conv` is
  /// `layer1.0.conv1.Conv`.
  private static func displayName(_ node: ONNXNode) -> String {
    let name = node.name.isEmpty ? (node.outputs.first ?? node.type) : node.name
    var parts = name.split(separator: "/")
    parts = parts.enumerated().filter { position, part in
      position + 1 >= parts.count || !parts[position + 1].hasPrefix(part + ".")
    }.map(\.element)
    let joined = parts.joined(separator: ".")
    return joined.isEmpty ? node.type : joined
  }

  private func unsupported() -> ConvNetError {
    var operators: [String] = []
    var lists: [String: [String]] = [:]
    for problem in problems {
      let key = problem.operator + (problem.reason.map { ": \($0)" } ?? "")
      if lists[key] == nil { operators.append(key) }
      lists[key, default: []].append(problem.node)
    }
    let texts = operators.prefix(100).map { key -> String in
      let nodes = lists[key] ?? []
      let shown = nodes.prefix(20).joined(separator: ", ")
      let more = nodes.count > 20 ? " and \(nodes.count - 20) more" : ""
      return "\(key.escapedForDisplay): \(shown)\(more)"
    }
    return ConvNetError(
      .unsupported,
      "\(model.name): \(problems.count) of \(model.nodeCount) nodes are not supported",
      reason: texts.joined(separator: "; "))
  }
}
