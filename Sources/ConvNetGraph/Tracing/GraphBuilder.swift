/// Collects the nodes of a graph while a network is traced or a pass rewrites it.
public final class GraphBuilder {
  /// What has been collected.
  public package(set) var graph: Graph
  /// The first mistake, if there was one.
  public private(set) var error: ConvNetError?

  private let names: ModuleNames
  private var modules: [(path: String, isLayer: Bool)] = []
  private var nameUses: [String: Int] = [:]
  private var constants = 0
  /// The node whose gradient is being expressed; its name goes into the new nodes' names.
  var gradientOf: String?
  /// The node that is being replaced; the new nodes take its name.
  package var standingFor: String?

  /// A builder that goes on with an existing graph.
  package init(continuing graph: Graph) {
    self.graph = graph
    self.names = ModuleNames()
    for node in graph.nodes { nameUses[node.name] = 1 }
    constants = graph.parameters.count { $0.role == .constant }
  }

  /// A builder that knows the names of a module's parameters.
  ///
  /// The slots are declared up front, in the order of the properties: the state dict's order.
  init(root: any Module) {
    graph = Graph()
    names = ModuleNames(root: root)
    for (name, parameter) in names.parameters {
      declare(
        name: name, shape: parameter.shape, role: parameter.role,
        initializer: parameter.initializer)
    }
  }

  /// A new input of the graph.
  public func input(_ shape: Shape, name: String = "input") -> Value {
    let id = graph.addValue(shape: shape, name: name)
    graph.inputs.append(id)
    return Value(builder: self, id: id)
  }

  /// Adds a node; after a mistake, or if this is one, its outputs have no effect.
  ///
  /// - Parameter name: the node's name; by default made from the layer's path.
  public func apply(_ operation: some Operation, _ inputs: [Value], name: String? = nil) -> [Value]
  {
    let ids = inputs.compactMap(\.id)
    guard error == nil, ids.count == inputs.count else { return failed(operation.outputCount) }
    let name = unique(name ?? nodeName(type(of: operation).name))
    do {
      let shapes = try operation.outputShapes(for: ids.map(graph.shape))
      for shape in shapes { _ = try Shape(validating: shape.dimensions) }
      let outputs = shapes.enumerated().map { position, shape in
        graph.addValue(shape: shape, name: position == 0 ? name : "\(name):\(position)")
      }
      graph.nodes.append(
        Graph.Node(operation: operation, inputs: ids, outputs: outputs, name: name))
      return outputs.map { Value(builder: self, id: $0) }
    } catch {
      fail(error.at(place(name, ids)))
      return failed(operation.outputCount)
    }
  }

  /// The value of a declared parameter.
  func parameter(_ parameter: Parameter) -> Value {
    guard let position = names.position(of: parameter) else {
      fail(
        ConvNetError(
          .invalidNetwork, "a parameter of shape \(parameter.shape) has no name",
          reason: "it was not found by walking the stored properties of the network",
          advice: "store the layer as a property of the module that uses it; a layer made inside "
            + "forward has no place to keep its weights"
        ).at(currentPath))
      return Value(builder: self, id: nil)
    }
    return Value(builder: self, id: graph.parameters[position].value)
  }

  /// A value that holds fixed numbers; they are saved with the weights.
  func constant(_ tensor: Tensor) -> Value {
    let id = declare(
      name: "constant.\(constants)", shape: tensor.shape, role: .constant,
      initializer: .tensor(tensor))
    constants += 1
    return Value(builder: self, id: id)
  }

  /// Declares a parameter slot by name: how importers bring weights in.
  @discardableResult
  public func declareParameter(
    name: String, shape: Shape, role: ParameterSlot.Role, initializer: Initializer
  ) -> Value {
    Value(
      builder: self,
      id: declare(name: name, shape: shape, role: role, initializer: initializer))
  }

  /// The value of this graph with a given number.
  package func value(_ id: ValueID) -> Value { Value(builder: self, id: id) }

  /// Records the first mistake.
  func fail(_ error: ConvNetError) {
    if self.error == nil { self.error = error }
  }

  func addStateUpdate(_ parameter: Value, _ newValue: Value) {
    guard let parameter = parameter.id, let newValue = newValue.id else { return }
    graph.stateUpdates.append(Graph.StateUpdate(parameter: parameter, newValue: newValue))
  }

  func randomKey() -> Value {
    if let id = graph.randomKeyInput { return value(id) }
    let key = input([4], name: "random_key")
    graph.randomKeyInput = key.id
    return key
  }

  /// The graph with its outputs, or the first mistake.
  package func finish(_ outputs: [Value]) throws(ConvNetError) -> Graph {
    if let error { throw error }
    graph.outputs = outputs.compactMap(\.id)
    guard graph.outputs.count == outputs.count, !outputs.isEmpty else {
      throw ConvNetError(.invalidNetwork, "the network has no output")
    }
    return graph
  }

  // MARK: Paths

  func enter(_ module: any Module) {
    let path = names.path(of: module, inside: currentPath) ?? currentPath
    modules.append((path: path, isLayer: module is any Layer))
  }

  func leave() { modules.removeLast() }

  /// The path of the module that is being traced; empty for the network itself.
  var currentPath: String { modules.last?.path ?? "" }

  private func nodeName(_ operation: String) -> String {
    if let gradientOf { return "\(gradientOf).gradient.\(operation.lowercased())" }
    if let standingFor { return standingFor }
    guard let module = modules.last else { return operation.lowercased() }
    if module.isLayer, !module.path.isEmpty { return module.path }
    return module.path.isEmpty ? operation.lowercased() : "\(module.path).\(operation.lowercased())"
  }

  private func unique(_ name: String) -> String {
    let uses = nameUses[name, default: 0] + 1
    nameUses[name] = uses
    return uses == 1 ? name : "\(name)_\(uses)"
  }

  /// Where a mistake is: the node, and what feeds it.
  private func place(_ name: String, _ inputs: [ValueID]) -> String {
    guard let input = inputs.first(where: { id in graph.parameters.allSatisfy { $0.value != id } })
    else { return name }
    var source = graph.values[input.index].name
    // A flattened image is named with its shape: the mistake is easier to see there.
    if let flatten = graph.nodes.last(where: { $0.outputs.contains(input) }),
      flatten.inputs.count == 1, graph.shape(flatten.inputs[0]).rank > graph.shape(input).rank
    {
      source += ", made of \(graph.shape(flatten.inputs[0]))"
    }
    return "\(name) (input \(graph.shape(input)) from \(source))"
  }

  private func failed(_ count: Int) -> [Value] {
    (0..<max(count, 1)).map { _ in Value(builder: self, id: nil) }
  }

  @discardableResult
  private func declare(
    name: String, shape: Shape, role: ParameterSlot.Role, initializer: Initializer
  ) -> ValueID {
    let id = graph.addValue(shape: shape, name: name)
    graph.parameters.append(
      ParameterSlot(name: name, shape: shape, role: role, initializer: initializer, value: id))
    do throws(ConvNetError) {
      _ = try Shape(validating: shape.dimensions)
    } catch {
      fail(error.at(name))
    }
    return id
  }
}
