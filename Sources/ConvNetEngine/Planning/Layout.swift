internal import ConvNetGraph

/// How a value's numbers lie in memory.
enum Layout: Hashable, Sendable {
  /// Row-major in the shape's order.
  case plain
  /// `[B][ceil(C/V)][H][W][V]`: V channels lie together, the last block filled up with zeros.
  case blocked

  /// The Float32 elements that a value of this shape takes.
  func elementCount(_ shape: Shape, vectorLength: Int) -> Int {
    switch self {
    case .plain: return shape.count
    case .blocked:
      let blocks = (shape[1] + vectorLength - 1) / vectorLength
      return shape[0] * blocks * vectorLength * shape[2] * shape[3]
    }
  }
}
