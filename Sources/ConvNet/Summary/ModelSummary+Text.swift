internal import ConvNetGraph
internal import ConvNetText

extension ModelSummary {
  /// A column of the table.
  public enum Column: String, Sendable, CaseIterable {
    /// The layer's path.
    case name
    /// The operation with its attributes.
    case type
    /// The output's shape without the batch.
    case output
    /// The trained numbers.
    case parameters = "params"
    /// The multiply-adds.
    case macs
    /// The numbers that it puts out.
    case activations
    /// The receptive field.
    case receptiveField = "rf"
    /// The distance between neighbours' receptive fields.
    case jump
  }

  /// The table with totals and the definitions of its columns; as wide as it needs to be.
  ///
  /// - Parameters:
  ///   - columns: what is shown, in this order.
  ///   - order: the column that the rows are ordered by, largest first; nil for the order in which
  ///     the layers run.
  public func text(columns: [Column] = Column.allCases, sortedBy order: Column? = nil) -> String {
    let table = TextTable(
      columns: columns.map { TextTable.Column($0.title, $0.isText ? .left : .right) },
      rows: ordered(by: order).map { row in columns.map { cell($0, of: row) } },
      footers: [columns.map(total)])
    let input = inputs.map(sizes).joined(separator: ", ")
    return (["input \(input)", ""] + table.lines() + [""] + definitions(columns))
      .joined(separator: "\n")
  }

  private func ordered(by column: Column?) -> [Row] {
    let key: (Row) -> Double
    switch column {
    case nil: return rows
    case .name: return rows.sorted { $0.name < $1.name }
    case .type: return rows.sorted { $0.type < $1.type }
    case .output, .activations: key = { Double($0.activations) }
    case .parameters: key = { Double($0.parameters) }
    case .macs: key = { Double($0.multiplyAdds) }
    case .receptiveField: key = { $0.receptiveField.map { $0.height * $0.width } ?? -1 }
    case .jump: key = { $0.jump.map { $0.height * $0.width } ?? .infinity }
    }
    // Equal rows stay in the order in which they run.
    return rows.enumerated()
      .sorted { (key($0.element), $1.offset) > (key($1.element), $0.offset) }.map(\.element)
  }

  private func cell(_ column: Column, of row: Row) -> String {
    switch column {
    case .name: return row.name
    case .type: return row.type
    case .output: return sizes(row.output)
    case .parameters:
      guard let other = row.sharesWeightsWith else { return NumberFormat.grouped(row.parameters) }
      return row.parameters == 0
        ? "= \(other)" : "\(NumberFormat.grouped(row.parameters)) + \(other)"
    case .macs: return NumberFormat.grouped(row.multiplyAdds)
    case .activations: return NumberFormat.grouped(row.activations)
    case .receptiveField:
      guard let field = row.receptiveField else { return "–" }
      return row.jump == nil ? "all" : field.description
    case .jump: return row.jump.map(\.description) ?? "–"
    }
  }

  private func total(_ column: Column) -> String {
    switch column {
    case .name: "total"
    case .parameters: NumberFormat.grouped(parameters)
    case .macs: NumberFormat.grouped(multiplyAdds)
    case .activations: NumberFormat.grouped(activations)
    case .type, .output, .receptiveField, .jump: ""
    }
  }

  /// `64×32×32`; the batch in front where it is not 1.
  private func sizes(_ shape: Shape) -> String {
    let dimensions =
      shape.rank > 1 && shape[0] == 1 ? shape.dimensions.dropFirst() : shape.dimensions[...]
    return dimensions.map(String.init).joined(separator: "×")
  }

  private func definitions(_ columns: [Column]) -> [String] {
    var lines: [String] = []
    if columns.contains(.parameters) {
      lines.append("params = numbers that training changes along their gradient.")
      if trackedNumbers > 0 {
        lines.append(
          "  The \(NumberFormat.grouped(trackedNumbers)) running means and variances are not params."
        )
      }
      if rows.contains(where: { $0.sharesWeightsWith != nil }) {
        lines.append("  = LAYER: uses that layer's weights, which are counted there.")
      }
      if !unusedParameters.isEmpty {
        lines.append("  Counted, but read by no layer: " + unusedParameters.joined(separator: ", "))
      }
    }
    if columns.contains(.macs) {
      lines.append("MAC = one multiply-add; bias additions, batch norm and pooling are not MACs.")
    }
    if columns.contains(.activations) {
      lines.append("activations = numbers that a layer puts out.")
    }
    if columns.contains(.receptiveField) {
      lines.append(
        "RF = receptive field: the input pixels that one output pixel sees, along H and W.")
      if rows.contains(where: { $0.receptiveField != nil && $0.jump == nil }) {
        lines.append("  all: the whole image.")
      }
    }
    if columns.contains(.jump) {
      lines.append("jump = input pixels between what two neighbouring output pixels see.")
    }
    if inputs.contains(where: { $0.rank > 1 && $0[0] != 1 }) {
      lines.append("All numbers are for the whole batch, which stands first in the shapes.")
    }
    return lines
  }
}

extension ModelSummary.Column {
  fileprivate var title: String {
    switch self {
    case .name: "layer"
    case .type: "type"
    case .output: "output"
    case .parameters: "params"
    case .macs: "MACs"
    case .activations: "activations"
    case .receptiveField: "RF"
    case .jump: "jump"
    }
  }

  fileprivate var isText: Bool { self == .name || self == .type }
}

extension ModelSummary: CustomStringConvertible {
  /// The whole table.
  public var description: String { text() }
}
