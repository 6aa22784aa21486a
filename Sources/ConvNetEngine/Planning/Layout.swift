internal import ConvNetGraph

/// How a value's numbers lie in memory.
enum Layout: Hashable, Sendable {
  /// Row-major in the shape's order.
  case plain
  /// `[B][ceil(C/V)][H][W][V]`: V channels lie together, the last block filled up with zeros.
  case blocked

  /// The Float32 elements that a value of this shape takes.
  func elementCount(_ shape: Shape, _ table: KernelTable) -> Int {
    switch self {
    case .plain: return shape.count
    case .blocked:
      let blocks = (shape[1] + table.vectorLength - 1) / table.vectorLength
      return shape[0] * blocks * table.vectorLength * shape[2] * shape[3]
    }
  }
}
