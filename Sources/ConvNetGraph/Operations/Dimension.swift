/// Which dimension is meant by a number that may count from the end, as PyTorch's `dim` does.
enum Dimension {
  /// The dimension's position from the front, or an error that lists what is possible.
  static func checked(
    _ dim: Int, of shape: Shape, _ operation: String
  ) throws(ConvNetError) -> Int {
    guard (-shape.rank..<shape.rank).contains(dim) else {
      throw ConvNetError(
        .invalidNetwork, "\(operation) has no dimension \(dim) in \(shape)",
        reason: shape.rank == 0
          ? "a single number has no dimensions"
          : "possible are \(-shape.rank)...\(shape.rank - 1), negative ones from the end")
    }
    return position(dim, rank: shape.rank)
  }

  /// The positions of several dimensions, each of which may stand once.
  static func checked(
    _ dims: [Int], of shape: Shape, _ operation: String
  ) throws(ConvNetError) -> [Int] {
    var positions: [Int] = []
    for dim in dims {
      let position = try checked(dim, of: shape, operation)
      guard !positions.contains(position) else {
        throw ConvNetError(.invalidNetwork, "\(operation) names dimension \(dim) twice: \(dims)")
      }
      positions.append(position)
    }
    return positions
  }

  /// The position from the front of a dimension that was checked.
  static func position(_ dim: Int, rank: Int) -> Int { dim < 0 ? dim + rank : dim }
}

/// The lines along one dimension of a shape: what softmax and its like run over.
struct DimensionLines {
  /// The elements of one line.
  let count: Int
  /// The distance between neighbours of a line.
  let step: Int
  /// The first element of each line, in row-major order of the other dimensions.
  let starts: [Int]

  init(_ dim: Int, of shape: Shape) {
    let position = Dimension.position(dim, rank: shape.rank)
    let outer = shape.dimensions[..<position].reduce(1, *)
    let (count, step) = (shape[position], shape.strides[position])
    self.count = count
    self.step = step
    starts = (0..<outer).flatMap { block in (0..<step).map { block * count * step + $0 } }
  }

  /// The elements of the line that starts there.
  func indices(from start: Int) -> StrideTo<Int> {
    stride(from: start, to: start + count * step, by: step)
  }
}
