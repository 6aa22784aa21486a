extension Graph {
  /// What each value sees of the first input; nil for values that do not depend on it.
  ///
  /// Where branches meet, the fields are united. Positions follow `[B, C, H, W]`; a value of another
  /// rank (behind a flatten) has no positions and sees everything its image saw.
  public func receptiveFields() -> [ReceptiveField?] {
    var fields = [ReceptiveField?](repeating: nil, count: values.count)
    guard let first = inputs.first else { return fields }
    fields[first.index] = .ofInput
    let image = positions(first)
    for node in nodes {
      var united: ReceptiveField?
      for (input, step) in steps(node) {
        guard let field = fields[input.index] else { continue }
        let next = field.after(
          step, input: positions(input), output: node.outputs.first.map(positions) ?? Size2D(1),
          image: image)
        united = united?.union(next) ?? next
      }
      guard let united else { continue }
      for output in node.outputs {
        fields[output.index] =
          united.isGlobal
          ? united.after(.global, input: image, output: image, image: image) : united
      }
    }
    return fields
  }

  /// The smallest rectangle that holds every cell of the first input which one position of a value
  /// depends on; nil where it depends on none.
  ///
  /// It is exact: cells of the padding, steps that jump over cells and the image's borders are
  /// followed through every layer.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the value has no such position.
  public func inputCells(
    seenBy value: ValueID, row: Int = 0, column: Int = 0
  ) throws(ConvNetError) -> InputRectangle? {
    let size = positions(value)
    guard (0..<size.height).contains(row), (0..<size.width).contains(column) else {
      throw ConvNetError(
        .invalidArgument,
        "\(values[value.index].name) has no position (\(row), \(column))",
        reason: "its shape is \(shape(value))")
    }
    var seen = [CellSets](repeating: CellSets(), count: values.count)
    seen[value.index] = CellSets(rows: [row], columns: [column])
    for node in nodes.reversed() where node.outputs.contains(where: { !seen[$0.index].isEmpty }) {
      for output in node.outputs where !seen[output.index].isEmpty {
        for (input, step) in steps(node) {
          seen[input.index].formUnion(
            seen[output.index].before(step, input: positions(input), output: positions(output)))
        }
      }
    }
    guard let first = inputs.first else { return nil }
    let (rows, columns) = (seen[first.index].rows, seen[first.index].columns)
    guard let top = rows.min(), let bottom = rows.max(), let left = columns.min(),
      let right = columns.max()
    else { return nil }
    return InputRectangle(rows: top...bottom, columns: left...right)
  }

  /// The rows and columns of an image's cells.
  public struct InputRectangle: Hashable, Sendable {
    /// From the first to the last row.
    public var rows: ClosedRange<Int>
    /// From the first to the last column.
    public var columns: ClosedRange<Int>

    /// A rectangle of these rows and columns.
    public init(rows: ClosedRange<Int>, columns: ClosedRange<Int>) {
      self.rows = rows
      self.columns = columns
    }
  }

  /// H and W of an image; a value of another rank is one position.
  private func positions(_ value: ValueID) -> Size2D {
    let shape = shape(value)
    return shape.rank == 4 ? shape.imageSize : Size2D(1)
  }

  /// What a node sees of each of its inputs.
  private func steps(_ node: Node) -> [(input: ValueID, step: ReceptiveFieldStep)] {
    let own = node.operation.receptiveField(inputs: shapes(node.inputs))
    return node.inputs.enumerated().map { position, input in
      switch own {
      case .pointwise, .notSpatial:
        // A single number per channel that meets an image reaches all of its positions.
        let hasPositions = shape(input).rank == 4
        let keepsPositions = node.outputs.allSatisfy { shape($0).rank == 4 }
        return (input, hasPositions && !keepsPositions ? .notSpatial : own)
      case .window, .transposedWindow, .regions, .global:
        // Weights that are computed from the image count everywhere.
        return (input, position == 0 ? own : .notSpatial)
      }
    }
  }
}

/// Rows and columns of a value that are looked at.
private struct CellSets {
  var rows: Set<Int> = []
  var columns: Set<Int> = []

  var isEmpty: Bool { rows.isEmpty || columns.isEmpty }

  /// Adds what another branch looks at; a branch that sees no row or no column sees nothing.
  mutating func formUnion(_ other: CellSets) {
    guard !other.isEmpty else { return }
    rows.formUnion(other.rows)
    columns.formUnion(other.columns)
  }

  /// The cells of an operation's input that these cells of its output look at.
  func before(_ step: ReceptiveFieldStep, input: Size2D, output: Size2D) -> CellSets {
    switch step {
    case .pointwise:
      // Along a size of 1 the same cell was repeated for all.
      return CellSets(
        rows: input.height == 1 ? [0] : rows, columns: input.width == 1 ? [0] : columns)
    case .window(let window):
      return before(
        .regions(.window(window, input: input, output: output)), input: input, output: output)
    case .transposedWindow(let window):
      // What an output sees is what has this output among the cells it paints.
      let painted = ImageRegions.window(window, input: output, output: input)
      return CellSets(
        rows: Set(painted.rows.indices.filter { !rows.isDisjoint(with: painted.rows[$0]) }),
        columns: Set(
          painted.columns.indices.filter { !columns.isDisjoint(with: painted.columns[$0]) }))
    case .regions(let regions):
      return CellSets(
        rows: Set(rows.flatMap { regions.rows[$0] }),
        columns: Set(columns.flatMap { regions.columns[$0] }))
    case .global, .notSpatial:
      return CellSets(rows: Set(0..<input.height), columns: Set(0..<input.width))
    }
  }
}
