internal import ConvNetGraph

/// What the function of an operator sees: the node, its inputs, and where the result is built.
final class ONNXNodeContext {
  let node: ONNXNode
  let opset: Int
  let builder: GraphBuilder
  /// The numbers of the folding graph's inputs.
  private(set) var foldedInputs: [ReferenceArray<Double>] = []

  private let operands: [ONNXOperand?]
  private let scope: [String: ONNXOperand]
  private let importer: ONNXImporter
  private let isFolding: Bool

  init(
    node: ONNXNode, inputs: [ONNXOperand?], scope: [String: ONNXOperand], opset: Int,
    importer: ONNXImporter, isFolding: Bool
  ) {
    self.node = node
    self.opset = opset
    operands = inputs
    self.scope = scope
    self.importer = importer
    self.isFolding = isFolding
    builder = isFolding ? GraphBuilder(continuing: Graph()) : importer.builder
  }

  // MARK: Inputs

  /// The number of inputs that the node names, left-out ones included.
  var inputCount: Int { operands.count }

  /// Whether an input is there.
  func has(_ input: Int) -> Bool { operands.indices.contains(input) && operands[input] != nil }

  private func operand(_ input: Int) throws(ConvNetError) -> ONNXOperand {
    guard operands.indices.contains(input), let operand = operands[input] else {
      throw ConvNetError(.invalidData, "its input number \(input + 1) is missing")
    }
    return operand
  }

  /// An input as it is.
  func any(_ input: Int) throws(ConvNetError) -> ONNXOperand { try operand(input) }

  /// An input as an edge; known numbers become a parameter with this role.
  func value(
    _ input: Int, role: ParameterSlot.Role = .constant
  ) throws(ConvNetError) -> Value {
    switch try operand(input) {
    case .value(let value, _, _): return value
    case .constant(let constant, let name): return lift(constant, name: name, role: role)
    case .unknown: throw ConvNetError(.internal, "an unknown input was asked for")
    }
  }

  /// Known numbers as an edge; `form` tells forms of the same numbers apart.
  func lift(
    _ constant: TypedTensor, name: String = "", role: ParameterSlot.Role = .constant,
    form: String = ""
  ) -> Value {
    guard isFolding else {
      return importer.lift(constant, name: name, role: role, form: form)
    }
    foldedInputs.append(ReferenceArray(constant.shape, constant.doubles))
    return builder.input(constant.shape, name: "known\(foldedInputs.count)")
  }

  /// An edge that holds given numbers.
  func numbers(_ shape: Shape, _ doubles: [Double]) -> Value {
    lift(TypedTensor(.float64, shape, doubles))
  }

  /// An input's numbers where they are known for good, with the name they have in the file.
  func constant(_ input: Int) -> (numbers: TypedTensor, name: String)? {
    guard has(input), case .constant(let constant, let name)? = operands[input] else { return nil }
    return (constant, name)
  }

  /// An input's numbers, which the node must know.
  func known(_ input: Int, _ what: String) throws(ConvNetError) -> TypedTensor {
    switch try operand(input) {
    case .constant(let constant, _): return constant
    case .value(_, _, let hint?): return hint
    default:
      throw ConvNetError(
        .unsupported, "its \(what) is computed while it runs",
        reason: "the shapes of a network must be known before")
    }
  }

  /// An input's whole numbers, which the node must know.
  func integers(_ input: Int, _ what: String) throws(ConvNetError) -> [Int] {
    try known(input, what).integers
  }

  /// One whole number of an input.
  func integer(_ input: Int, _ what: String) throws(ConvNetError) -> Int {
    guard let number = try integers(input, what).first else {
      throw ConvNetError(.invalidData, "its \(what) is empty")
    }
    return number
  }

  /// The sizes of an input.
  func shape(_ input: Int) throws(ConvNetError) -> Shape {
    switch try operand(input) {
    case .value(let value, _, _): value.shape
    case .constant(let constant, _): constant.shape
    case .unknown: []
    }
  }

  /// The element type of an input.
  func type(_ input: Int) throws(ConvNetError) -> ElementType {
    switch try operand(input) {
    case .value(_, let type, _): type
    case .constant(let constant, _): constant.elementType
    case .unknown: .float32
    }
  }

  // MARK: Attributes

  /// Whether an attribute is given.
  func hasAttribute(_ name: String) -> Bool { node.attributes[name] != nil }

  /// A whole number.
  func attribute(_ name: String, _ otherwise: Int) throws(ConvNetError) -> Int {
    switch node.attributes[name] {
    case .integer(let value): return value
    case nil: return otherwise
    default: throw wrong(name, "a whole number")
    }
  }

  /// Whole numbers, nil where they are not given.
  func attributes(_ name: String) throws(ConvNetError) -> [Int]? {
    switch node.attributes[name] {
    case .integers(let values): return values
    case nil, .other: return nil
    default: throw wrong(name, "a list of whole numbers")
    }
  }

  /// A number.
  func attribute(_ name: String, _ otherwise: Float) throws(ConvNetError) -> Float {
    switch node.attributes[name] {
    case .float(let value): return value
    case nil: return otherwise
    default: throw wrong(name, "a number")
    }
  }

  /// Numbers, nil where they are not given.
  func floats(_ name: String) throws(ConvNetError) -> [Float]? {
    switch node.attributes[name] {
    case .floats(let values): return values
    case nil, .other: return nil
    default: throw wrong(name, "a list of numbers")
    }
  }

  /// A text.
  func attribute(_ name: String, _ otherwise: String) throws(ConvNetError) -> String {
    switch node.attributes[name] {
    case .text(let value): return value
    case nil: return otherwise
    default: throw wrong(name, "a text")
    }
  }

  /// A truth value, written as a whole number.
  func flag(_ name: String, _ otherwise: Bool = false) throws(ConvNetError) -> Bool {
    try attribute(name, otherwise ? 1 : 0) != 0
  }

  private func wrong(_ name: String, _ expected: String) -> ConvNetError {
    ConvNetError(.invalidData, "its attribute '\(name.escapedForDisplay)' is not \(expected)")
  }

  // MARK: Building

  /// An operation's first output.
  func apply(_ operation: some Operation, _ inputs: Value...) -> Value {
    builder.apply(operation, inputs)[0]
  }

  /// The results of another graph of the file, with this node's names known.
  func evaluate(_ graph: ONNXGraph) throws(ConvNetError) -> [ONNXOperand] {
    guard !isFolding else {
      throw ConvNetError(.internal, "a graph inside a node cannot be folded")
    }
    return try importer.evaluate(graph, scope: scope)
  }

  /// Whether results are computed at once.
  var folds: Bool { isFolding }

  /// The same numbers in another shape; the first size stays open where it does not change.
  func reshape(_ value: Value, _ shape: Shape) -> Value {
    var sizes = shape.dimensions
    if let first = sizes.first, value.shape.dimensions.first == first { sizes[0] = 0 }
    return apply(ReshapeOperation(sizes), value)
  }

  /// Refuses something that has no counterpart.
  func refuse(_ what: String) -> ConvNetError { ConvNetError(.unsupported, what) }

  /// A dimension from the front.
  func dimension(_ number: Int, rank: Int) throws(ConvNetError) -> Int {
    guard (-rank..<rank).contains(number) || (rank == 0 && number == 0) else {
      throw ConvNetError(
        .invalidData, "there is no dimension \(number) in a value of \(rank) dimensions")
    }
    return number < 0 ? number + rank : number
  }

  /// Dimensions from the front, in rising order, each once.
  func dimensions(_ numbers: [Int], rank: Int) throws(ConvNetError) -> [Int] {
    var positions: Set<Int> = []
    for number in numbers {
      guard positions.insert(try dimension(number, rank: rank)).inserted else {
        throw ConvNetError(.invalidData, "dimension \(number) is named twice")
      }
    }
    return positions.sorted()
  }
}
