internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph

/// What the page knows about a kind of layer: how its numbers come about, and its attributes.
struct LayerFacts {
  /// `conv`, `bn`, `relu`, `act`, `maxpool`, `avgpool`, `adaptive`, `linear`, `add`, `concat`, `copy`,
  /// `softmax` or `other`.
  var kind: String
  /// Attributes for the page's script.
  var attributes = JSONObject()
  /// The names of parameters in the operation's order.
  var parameters: [String] = []
  /// The window of convolutions and poolings, with resolved padding.
  var window: SlidingWindow?
  var groups = 1

  init(_ layer: Inspection.Layer, in graph: Graph) {
    let slots = Dictionary(
      graph.parameters.map { ($0.value, $0.name) }, uniquingKeysWith: { first, _ in first })
    let shapes = graph.shapes(layer.inputs)
    let output = graph.shape(layer.value)
    parameters = layer.inputs.dropFirst().compactMap { slots[$0] }
    let hasAllParameters = parameters.count == max(0, layer.inputs.count - 1)
    kind = "other"
    switch layer.operation {
    case let convolution as Conv2dOperation where hasAllParameters:
      kind = "conv"
      groups = convolution.groups
      attributes["groups"] = .integer(groups)
      attributes["bias"] = .bool(layer.inputs.count == 3)
      setWindow(convolution.window(weights: shapes[1]), shapes[0])
    case let norm as BatchNorm2dOperation where hasAllParameters:
      kind = "bn"
      attributes["epsilon"] = .number(Double(norm.epsilon))
    case is ReLUOperation: kind = "relu"
    case let pool as MaxPool2dOperation:
      kind = "maxpool"
      setWindow(pool.window, shapes[0])
    case let pool as AvgPool2dOperation:
      kind = "avgpool"
      setWindow(pool.window, shapes[0])
      attributes["countPad"] = .bool(pool.countIncludePad)
      if let divisor = pool.divisorOverride { attributes["divisor"] = .integer(divisor) }
    case is GlobalAvgPool2dOperation, is AdaptiveAvgPool2dOperation: kind = "adaptive"
    case is LinearOperation where hasAllParameters && output.rank == 2:
      kind = "linear"
      attributes["bias"] = .bool(layer.inputs.count == 3)
    case is AddOperation where shapes.count == 2 && shapes.allSatisfy { $0 == output }: kind = "add"
    case let concat as ConcatOperation where output.rank == 4 && [1, -3].contains(concat.dim):
      kind = "concat"
    case is FlattenOperation, is ReshapeOperation, is DropoutOperation: kind = "copy"
    case is SoftmaxOperation where output.rank == 2: kind = "softmax"
    case is any ActivationOperation: kind = "act"
    default: break
    }
    // Without an image the window's panels have nothing to show.
    if ["conv", "bn", "maxpool", "avgpool", "adaptive"].contains(kind), output.rank != 4 {
      kind = "other"
    }
  }

  private mutating func setWindow(_ window: SlidingWindow, _ input: Shape) {
    self.window = window
    let sides = window.sides(for: Size2D(height: input[2], width: input[3]))
    func pair(_ size: Size2D) -> JSONValue { [.integer(size.height), .integer(size.width)] }
    attributes["kernel"] = pair(window.kernel)
    attributes["stride"] = pair(window.stride)
    attributes["dilation"] = pair(window.dilation)
    attributes["padding"] = [
      .integer(sides.top), .integer(sides.bottom), .integer(sides.left), .integer(sides.right),
    ]
    attributes["ceil"] = .bool(window.ceilMode)
  }

  /// Whether the output follows bit for bit from the inputs' numbers.
  var isDerivable: Bool { ["relu", "maxpool", "add", "concat", "copy"].contains(kind) }
}
