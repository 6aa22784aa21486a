internal import ConvNetGraph

/// Replaces groups of nodes by single ones: what the fusion passes are written with.
///
/// Positions stay valid while editing; ``finish()`` closes the gaps.
struct GraphEditor {
  private(set) var graph: Graph
  private var nodes: [Graph.Node?]
  private var producers: [Int?] = []
  private var consumers: [[Int]] = []
  private var isKept: [Bool] = []

  init(_ graph: Graph) {
    self.graph = graph
    nodes = graph.nodes
    index()
  }

  /// The positions of all nodes there were at the start.
  var positions: Range<Int> { nodes.indices }

  /// The node at a position; nil where it was fused away.
  subscript(position: Int) -> Graph.Node? { nodes[position] }

  /// The position of the node that makes a value.
  func producer(of value: ValueID) -> Int? { producers[value.index] }

  /// The positions of the nodes that read a value.
  func consumers(of value: ValueID) -> [Int] { consumers[value.index] }

  /// The one node that reads a value, where nothing else needs the value.
  func onlyConsumer(of value: ValueID) -> Int? {
    guard !isKept[value.index], consumers[value.index].count == 1,
      let position = consumers[value.index].first,
      let node = nodes[position], node.inputs.count(where: { $0 == value }) == 1
    else { return nil }
    return position
  }

  /// Whether a value is asked for from outside the nodes.
  func isOutput(_ value: ValueID) -> Bool { isKept[value.index] }

  /// Whether a value is known before the node at a position runs.
  func isAvailable(_ value: ValueID, before position: Int) -> Bool {
    guard let producer = producers[value.index] else { return true }
    return producer < position
  }

  /// The sizes of a value.
  func shape(_ value: ValueID) -> Shape { graph.shape(value) }

  /// A new value.
  mutating func addValue(shape: Shape, name: String) -> ValueID {
    let id = graph.addValue(shape: shape, name: name)
    producers.append(nil)
    consumers.append([])
    isKept.append(false)
    return id
  }

  /// Puts `node` at a position and takes the nodes at `removed` away.
  mutating func replace(_ removed: [Int], at position: Int, with node: Graph.Node) {
    for index in removed { nodes[index] = nil }
    nodes[position] = node
    index()
  }

  /// The edited graph, without nodes that nothing needs any more.
  func finish() -> Graph {
    var result = graph
    var isNeeded = isKept
    var kept: [Graph.Node] = []
    for node in nodes.compactMap({ $0 }).reversed()
    where node.outputs.contains(where: { isNeeded[$0.index] }) {
      for input in node.inputs { isNeeded[input.index] = true }
      kept.append(node)
    }
    result.nodes = kept.reversed()
    return result
  }

  private mutating func index() {
    producers = [Int?](repeating: nil, count: graph.values.count)
    consumers = [[Int]](repeating: [], count: graph.values.count)
    isKept = [Bool](repeating: false, count: graph.values.count)
    for (position, node) in nodes.enumerated() {
      guard let node else { continue }
      for output in node.outputs { producers[output.index] = position }
      for input in node.inputs where consumers[input.index].last != position {
        consumers[input.index].append(position)
      }
    }
    for output in graph.outputs { isKept[output.index] = true }
    for update in graph.stateUpdates { isKept[update.newValue.index] = true }
  }
}

/// A rewrite of a graph that keeps its meaning: the reference executor gives the same before and after.
protocol GraphPass {
  static func apply(_ graph: Graph) -> Graph
}

/// The passes in their order.
enum GraphPasses {
  static func fused(_ graph: Graph, purpose: Plan.Purpose, runsOnce: Bool) -> Graph {
    let passes: [any GraphPass.Type] =
      switch purpose {
      case .inference:
        [
          SkipDropout.self, runsOnce ? FoldBatchNormOnce.self : FoldBatchNorm.self,
          FuseConvolution.self, FuseMaxPool.self,
        ]
      case .training:
        [
          SkipDropout.self, FuseBatchNormTraining.self, FuseBatchNormGradient.self,
          FuseConvolution.self, FuseInputGradient.self, FuseWeightGradient.self, FuseMaxPool.self,
        ]
      }
    return passes.reduce(graph) { $1.apply($0) }
  }
}
