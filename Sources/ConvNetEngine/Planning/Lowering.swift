internal import ConvNetGraph

/// Turns a graph's nodes into steps: chooses kernels, and puts layout changes between them.
struct Lowering {
  private let graph: Graph
  private let options: EngineOptions
  private let table: KernelTable
  /// Whether what depends on parameters alone is computed once, ahead of the runs.
  private let preparesParameters: Bool

  /// What runs each time.
  private(set) var steps: [Step] = []
  /// What runs once, when the parameters are known.
  private(set) var preparation: [Step] = []
  private(set) var buffers: [Buffer] = []
  /// The plain buffers of the graph's inputs, outputs and parameters, in the graph's order.
  private(set) var inputs: [BufferID] = []
  private(set) var outputs: [BufferID] = []
  private(set) var parameters: [BufferID] = []

  private struct Place: Hashable {
    let value: ValueID
    let layout: Layout
  }
  private var places: [Place: BufferID] = [:]

  init(
    _ graph: Graph, options: EngineOptions, table: KernelTable, preparesParameters: Bool
  ) {
    self.graph = graph
    self.options = options
    self.table = table
    self.preparesParameters = preparesParameters
    for slot in graph.parameters {
      parameters.append(makeBuffer(slot.value, .plain, kind: .parameter))
    }
    for input in graph.inputs { inputs.append(makeBuffer(input, .plain, kind: .temporary)) }
    for node in graph.nodes { lower(node) }
    for update in graph.stateUpdates { lower(update) }
    for output in graph.outputs { outputs.append(buffer(of: output, in: .plain)) }
    markIntermediates()
  }

  private mutating func lower(_ node: Graph.Node) {
    let request = KernelRequest(
      operation: node.operation, inputShapes: graph.shapes(node.inputs),
      outputShapes: graph.shapes(node.outputs), inputLayouts: node.inputs.map(layouts),
      table: table, options: options, hasFixedWeights: preparesParameters)
    let (choice, refusals) = KernelList.choose(request)
    let reads = zip(node.inputs, choice.inputs).map { input, use in
      switch use {
      case .layout(let layout): buffer(of: input, in: layout)
      case .packed(let kernel): packed(input, kernel, for: node)
      }
    }
    let kind = kind(reading: reads)
    var writes = zip(node.outputs, choice.outputLayouts).map { makeBuffer($0, $1, kind: kind) }
    if choice.workspace > 0 {
      writes.append(
        addBuffer(Buffer(name: "\(node.name) work", elementCount: choice.workspace, kind: kind)))
    }
    append(
      Step(
        name: node.name, kernel: choice.kernel, reads: reads, writes: writes, refusals: refusals,
        inPlace: choice.inPlace), kind: kind)
  }

  /// The new value of a tracked parameter goes into the parameter's own memory.
  private mutating func lower(_ update: Graph.StateUpdate) {
    guard let parameter = places[Place(value: update.parameter, layout: .plain)] else { return }
    append(
      Step(
        name: "\(graph.values[update.parameter.index].name) updated",
        kernel: CopyKernel(count: graph.shape(update.parameter).count),
        reads: [buffer(of: update.newValue, in: .plain)], writes: [parameter], refusals: [],
        inPlace: []), kind: .temporary)
  }

  private mutating func append(_ step: Step, kind: Buffer.Kind) {
    if case .prepared = kind { preparation.append(step) } else { steps.append(step) }
  }

  /// What is made from parameters alone is made once, unless they change or are used once only.
  private func kind(reading reads: [BufferID]) -> Buffer.Kind {
    guard preparesParameters, !reads.isEmpty else { return .temporary }
    let isFixed = reads.allSatisfy {
      if case .temporary = buffers[$0.index].kind { return false }
      return true
    }
    return isFixed ? .prepared : .temporary
  }

  /// What only the preparation itself reads need not be kept.
  private mutating func markIntermediates() {
    var isKept = [Bool](repeating: false, count: buffers.count)
    for step in steps { for buffer in step.reads { isKept[buffer.index] = true } }
    for output in outputs { isKept[output.index] = true }
    for index in buffers.indices where buffers[index].kind == .prepared && !isKept[index] {
      buffers[index].kind = .preparing
    }
  }

  private func layouts(of value: ValueID) -> Set<Layout> {
    Set([Layout.plain, .blocked].filter { places[Place(value: value, layout: $0)] != nil })
  }

  /// The buffer of a value in a layout; a layout change is added where it is not there yet.
  private mutating func buffer(of value: ValueID, in layout: Layout) -> BufferID {
    if let known = places[Place(value: value, layout: layout)] { return known }
    let other: Layout = layout == .plain ? .blocked : .plain
    guard let source = places[Place(value: value, layout: other)] else {
      // The graph's order makes every value before it is read.
      return makeBuffer(value, layout, kind: .temporary)
    }
    let kind = kind(reading: [source])
    let target = makeBuffer(value, layout, kind: kind)
    let name = "\(graph.values[value.index].name): \(layout)"
    append(
      Step(
        name: name,
        kernel: ReorderKernel(shape: graph.shape(value), to: layout, table: table),
        reads: [source], writes: [target], refusals: [], inPlace: []), kind: kind)
    return target
  }

  /// The buffer of a value in a kernel's own order.
  private mutating func packed(
    _ value: ValueID, _ kernel: any PackingKernel, for node: Graph.Node
  ) -> BufferID {
    let source = buffer(of: value, in: .plain)
    let kind = kind(reading: [source])
    let name = "\(graph.values[value.index].name) for \(node.name)"
    let target = addBuffer(Buffer(name: name, elementCount: kernel.elementCount, kind: kind))
    append(
      Step(
        name: name, kernel: kernel, reads: [source], writes: [target], refusals: [], inPlace: []),
      kind: kind)
    return target
  }

  private mutating func makeBuffer(
    _ value: ValueID, _ layout: Layout, kind: Buffer.Kind
  ) -> BufferID {
    let count = layout.elementCount(graph.shape(value), table)
    let id = addBuffer(
      Buffer(name: graph.values[value.index].name, elementCount: count, kind: kind))
    places[Place(value: value, layout: layout)] = id
    return id
  }

  private mutating func addBuffer(_ buffer: Buffer) -> BufferID {
    buffers.append(buffer)
    return BufferID(index: buffers.count - 1)
  }
}
