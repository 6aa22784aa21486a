/// A number of a value inside one graph.
public struct ValueID: Hashable, Sendable, Codable, Comparable {
  /// The position in ``Graph/values``.
  public let index: Int

  package init(_ index: Int) { self.index = index }

  /// Reads a plain number.
  public init(from decoder: any Decoder) throws { index = try Int(from: decoder) }
  /// Writes a plain number.
  public func encode(to encoder: any Encoder) throws { try index.encode(to: encoder) }
  /// Values are numbered in the order they came to be.
  public static func < (left: ValueID, right: ValueID) -> Bool { left.index < right.index }
}

/// Nodes in order, the shapes between them, parameter slots and state updates: the network's meaning.
///
/// A graph holds no numbers; `Graph` and ``Weights`` together are the whole model. Nodes stand in an
/// order in which each comes after what it reads.
public struct Graph: Sendable {
  /// One edge: its shape and the name of what made it.
  public struct ValueInfo: Sendable, Codable {
    /// The sizes, with the batch first where there is one.
    public var shape: Shape
    /// The name of the input, the parameter or the node that it comes from.
    public var name: String
  }

  /// One operation applied to values.
  public struct Node: Sendable {
    /// What it means.
    public var operation: any Operation
    /// What it reads.
    public var inputs: [ValueID]
    /// What it makes.
    public var outputs: [ValueID]
    /// Its unique name: the layer's path (`layer1.0.conv1`), or path and operation.
    public var name: String

    package init(
      operation: any Operation, inputs: [ValueID], outputs: [ValueID], name: String
    ) {
      self.operation = operation
      self.inputs = inputs
      self.outputs = outputs
      self.name = name
    }
  }

  /// A new value of a tracked parameter, known after a training step.
  public struct StateUpdate: Sendable, Codable {
    /// The parameter's value.
    public var parameter: ValueID
    /// What it becomes.
    public var newValue: ValueID
  }

  /// All edges.
  public package(set) var values: [ValueInfo] = []
  /// All operations in order.
  public package(set) var nodes: [Node] = []
  /// What is fed: images first.
  public package(set) var inputs: [ValueID] = []
  /// What is asked for.
  public package(set) var outputs: [ValueID] = []
  /// The parameters in the state dict's order.
  public package(set) var parameters: [ParameterSlot] = []
  /// What a training step changes besides trained parameters.
  public package(set) var stateUpdates: [StateUpdate] = []
  /// The input that feeds random keys, where some node asked for one.
  public package(set) var randomKeyInput: ValueID?

  /// No nodes.
  public init() {}

  /// The shape of a value.
  public func shape(_ value: ValueID) -> Shape { values[value.index].shape }

  /// The shapes of several values.
  public func shapes(_ values: [ValueID]) -> [Shape] { values.map(shape) }

  /// The position of the node that makes each value, nil for inputs and parameters.
  public func producers() -> [Int?] {
    var producers = [Int?](repeating: nil, count: values.count)
    for (position, node) in nodes.enumerated() {
      for output in node.outputs { producers[output.index] = position }
    }
    return producers
  }

  /// The positions of the nodes that read each value.
  public func consumers() -> [[Int]] {
    var consumers = [[Int]](repeating: [], count: values.count)
    for (position, node) in nodes.enumerated() {
      for input in node.inputs where consumers[input.index].last != position {
        consumers[input.index].append(position)
      }
    }
    return consumers
  }

  /// The multiply-adds of one evaluation.
  public var multiplyAdds: Int {
    nodes.reduce(0) {
      $0 + $1.operation.multiplyAdds(inputs: shapes($1.inputs), outputs: shapes($1.outputs))
    }
  }

  /// The same network for other input shapes: another batch, another image size.
  ///
  /// - Throws: ``ConvNetError`` where a node does not accept the new shapes.
  public func reshaped(inputs shapes: [Shape]) throws(ConvNetError) -> Graph {
    guard shapes.count == inputs.count else {
      throw ConvNetError(
        .invalidArgument, "\(shapes.count) input shapes for a graph of \(inputs.count) inputs")
    }
    var graph = self
    for (input, shape) in zip(inputs, shapes) { graph.values[input.index].shape = shape }
    for node in nodes {
      let outputs: [Shape]
      do throws(ConvNetError) {
        outputs = try node.operation.outputShapes(for: graph.shapes(node.inputs))
      } catch {
        throw error.at(node.name)
      }
      guard outputs.count == node.outputs.count else {
        throw ConvNetError(
          .internal, "\(node.name): \(outputs.count) shapes for \(node.outputs.count) outputs")
      }
      for (output, shape) in zip(node.outputs, outputs) {
        graph.values[output.index].shape = shape
      }
    }
    return graph
  }

  /// The same network for another batch size; the batch is the inputs' first dimension.
  public func reshaped(batch: Int) throws(ConvNetError) -> Graph {
    guard batch >= 1 else {
      throw ConvNetError(
        .invalidArgument, "a batch of \(batch) is not possible",
        reason: "it must be at least 1")
    }
    return try reshaped(
      inputs: shapes(inputs).enumerated().map { position, shape in
        inputs[position] == randomKeyInput || shape.rank == 0
          ? shape : Shape([batch] + shape.dimensions.dropFirst())
      })
  }

  package mutating func addValue(shape: Shape, name: String) -> ValueID {
    values.append(ValueInfo(shape: shape, name: name))
    return ValueID(values.count - 1)
  }
}
