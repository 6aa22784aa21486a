internal import ConvNetFormats
internal import ConvNetGraph

/// A layer of an atlas before anything was measured: whose channels, and where they answer.
struct AtlasPlace {
  let name: String
  let measuredAt: String
  let value: ValueID
  let channels: Int
  let mapSize: Size2D
  let field: ReceptiveField

  /// The convolutions, additions and concatenations of a network whose output has channels and
  /// depends on the picture.
  static func all(in graph: Graph) -> [AtlasPlace] {
    var readers: [ValueID: [Int]] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for input in Set(node.inputs) { readers[input, default: []].append(index) }
    }
    let fields = graph.receptiveFields()
    var places: [AtlasPlace] = []
    var taken: Set<String> = []
    for node in graph.nodes where isLookedAt(node, in: graph) && taken.insert(node.name).inserted {
      guard var value = node.outputs.first else { continue }
      var measured = node.name
      // What nobody else reads goes through batch norm, then one activation.
      var allowsNorm = node.operation is Conv2dOperation
      while !graph.outputs.contains(value), let only = readers[value], only.count == 1 {
        let next = graph.nodes[only[0]]
        let isNorm = next.operation is BatchNorm2dOperation && allowsNorm
        let isActivation = next.operation is any ActivationOperation
        guard isNorm || isActivation, next.inputs.first == value,
          let output = next.outputs.first
        else { break }
        (value, measured, allowsNorm) = (output, next.name, false)
        if isActivation { break }
      }
      let shape = graph.shape(value)
      guard let field = fields[value.index], shape.rank == 4, shape.count > 0 else { continue }
      places.append(
        AtlasPlace(
          name: node.name, measuredAt: measured, value: value, channels: shape[1],
          mapSize: Size2D(height: shape[2], width: shape[3]), field: field))
    }
    return places
  }

  private static func isLookedAt(_ node: Graph.Node, in graph: Graph) -> Bool {
    let shapes = graph.shapes(node.inputs)
    let output = node.outputs.first.map(graph.shape)
    return switch node.operation {
    case is Conv2dOperation: true
    case is AddOperation: shapes.count == 2 && shapes.allSatisfy { $0 == output }
    case let concat as ConcatOperation: [1, -3].contains(concat.dim)
    default: false
    }
  }

  /// The pixels of a picture that one answer sees, the whole side where it sees no less.
  func fieldSize(in picture: Size2D) -> Size2D {
    func side(_ axis: ReceptiveField.Axis, _ limit: Int) -> Int {
      field.isGlobal || axis.size >= Double(limit) ? limit : max(1, Int(axis.size.rounded(.up)))
    }
    return Size2D(
      height: side(field.height, picture.height), width: side(field.width, picture.width))
  }

  /// The upper left pixel of what one answer sees; outside the picture where it sees padding.
  func corner(row: Int, column: Int, in picture: Size2D) -> (row: Int, column: Int) {
    func start(_ axis: ReceptiveField.Axis, _ position: Int, _ limit: Int) -> Int {
      guard !field.isGlobal, axis.size < Double(limit) else { return 0 }
      let place = (axis.offset + axis.jump * Double(position)).rounded(.down)
      return Int(max(-1e6, min(1e6, place)))
    }
    return (
      start(field.height, row, picture.height), start(field.width, column, picture.width)
    )
  }
}
