public import ConvNetGraph

/// What a network consists of and costs: one row per layer, and the totals.
///
/// ```swift
/// print(ModelSummary(try Graph(net, input: [3, 32, 32])))
/// ```
/// All numbers are for the graph's own input shapes, so for one image where it was traced for one.
public struct ModelSummary: Hashable, Sendable, Codable {
  /// One layer: a node of the graph.
  public struct Row: Hashable, Sendable, Codable {
    /// The layer's path: `layer1.0.conv1`.
    public var name: String
    /// The operation with its attributes: `Conv2d k3 s1 p1`.
    public var type: String
    /// The shape of its (first) output, batch included.
    public var output: Shape
    /// The trained numbers that are counted here.
    public var parameters: Int
    /// The name of the row that counts the weights which this one uses too; nil where it has its own.
    public var sharesWeightsWith: String?
    /// The multiply-adds.
    public var multiplyAdds: Int
    /// The numbers that it puts out.
    public var activations: Int
    /// The pixels of the input that one output pixel sees; nil where it depends on none.
    public var receptiveField: Extent?
    /// The pixels of the input between what two neighbouring output pixels see; nil where each of
    /// them sees the whole image.
    public var jump: Extent?
  }

  /// Pixels along both axes; fractions where the image was enlarged.
  public struct Extent: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Along H.
    public var height: Double
    /// Along W.
    public var width: Double

    /// `10`, or `10x12` where the axes differ.
    public var description: String {
      let numbers = [height, width].map { number in
        Int(exactly: number).map(String.init) ?? number.description
      }
      return numbers[0] == numbers[1] ? numbers[0] : numbers.joined(separator: "x")
    }
  }

  /// The shapes of the inputs, batch included.
  public var inputs: [Shape]
  /// The layers in the order in which they run.
  public var rows: [Row]
  /// The trained numbers of the whole network, each counted once.
  public var parameters: Int
  /// The numbers that training tracks without a gradient: running means and variances.
  public var trackedNumbers: Int
  /// The multiply-adds of the whole network.
  public var multiplyAdds: Int
  /// The numbers that all layers put out together.
  public var activations: Int
  /// Parameters that no layer reads; they are in the totals.
  public var unusedParameters: [String]

  /// The summary of a graph.
  public init(_ graph: Graph) {
    let fields = graph.receptiveFields()
    let slots = Dictionary(
      graph.parameters.map { ($0.value, $0) }, uniquingKeysWith: { first, _ in first })
    var countedBy: [ValueID: String] = [:]
    inputs = graph.shapes(graph.inputs)
    rows = []
    for node in graph.nodes {
      var row = Row(
        name: node.name, type: ModelSummary.type(of: node, in: graph),
        output: graph.shapes(node.outputs).first ?? [], parameters: 0, multiplyAdds: 0,
        activations: graph.shapes(node.outputs).reduce(0) { $0 + $1.count })
      for input in node.inputs {
        guard let slot = slots[input], slot.role == .trained else { continue }
        if let other = countedBy[input] {
          if other != node.name { row.sharesWeightsWith = other }
        } else {
          countedBy[input] = node.name
          row.parameters += slot.shape.count
        }
      }
      row.multiplyAdds = node.operation.multiplyAdds(
        inputs: graph.shapes(node.inputs), outputs: graph.shapes(node.outputs))
      if let output = node.outputs.first, let field = fields[output.index] {
        row.receptiveField = Extent(height: field.height.size, width: field.width.size)
        if !field.isGlobal {
          row.jump = Extent(height: field.height.jump, width: field.width.jump)
        }
      }
      rows.append(row)
    }
    func count(_ role: ParameterSlot.Role) -> Int {
      graph.parameters.reduce(0) { $0 + ($1.role == role ? $1.shape.count : 0) }
    }
    parameters = count(.trained)
    trackedNumbers = count(.tracked)
    multiplyAdds = rows.reduce(0) { $0 + $1.multiplyAdds }
    activations = rows.reduce(0) { $0 + $1.activations }
    unusedParameters = graph.parameters.filter { $0.role == .trained && countedBy[$0.value] == nil }
      .map(\.name)
  }

  /// The operation's name and attributes, the window's size first: `Conv2d k3 s1 p1`.
  private static func type(of node: Graph.Node, in graph: Graph) -> String {
    let operation = node.operation
    let name = Swift.type(of: operation).name
    let details = operation.details
    // A convolution's kernel size is its weights' shape, not an attribute.
    var kernel = ""
    switch operation.receptiveField(inputs: graph.shapes(node.inputs)) {
    case .window(let window), .transposedWindow(let window):
      if !details.hasPrefix("k") { kernel = "k\(window.kernel)" }
    case .pointwise, .regions, .global, .notSpatial: break
    }
    return [name, kernel, details].filter { !$0.isEmpty }.joined(separator: " ")
  }
}
