internal import ConvNetGraph

/// How two plain tensors are read beside each other where a size of 1 is repeated: rows of numbers
/// along which each side either goes on or stands still.
struct BroadcastWalk: Sendable {
  /// Dimensions that both sides walk alike are one.
  private struct Dimension: Sendable {
    var size: Int
    let a, b: Int
  }

  /// The numbers of a row.
  let columns: Int
  /// 1 where a side goes on along a row, 0 where it stands still.
  let stepA, stepB: Int
  /// The rows of the result.
  let rows: Int
  /// All dimensions but the innermost, from the inside.
  private let outer: [Dimension]

  init(_ a: Shape, _ b: Shape, _ y: Shape) {
    func strides(_ shape: Shape) -> [Int] {
      var (strides, stride) = ([Int](repeating: 0, count: y.rank), 1)
      for dim in (0..<shape.rank).reversed() {
        if shape[dim] != 1 { strides[dim + y.rank - shape.rank] = stride }
        stride *= shape[dim]
      }
      return strides
    }
    let (forA, forB) = (strides(a), strides(b))
    var merged: [Dimension] = []
    for dim in (0..<y.rank).reversed() where y[dim] != 1 {
      if let last = merged.last, forA[dim] == last.a * last.size, forB[dim] == last.b * last.size {
        merged[merged.count - 1].size *= y[dim]
      } else {
        merged.append(Dimension(size: y[dim], a: forA[dim], b: forB[dim]))
      }
    }
    columns = merged.first?.size ?? 1
    (stepA, stepB) = (merged.first?.a ?? 0, merged.first?.b ?? 0)
    outer = Array(merged.dropFirst())
    rows = outer.reduce(1) { $0 * $1.size }
  }

  /// Where a row begins on both sides.
  func start(of row: Int) -> (a: Int, b: Int) {
    var (rest, a, b) = (row, 0, 0)
    for dimension in outer {
      let position = rest % dimension.size
      rest /= dimension.size
      a += position * dimension.a
      b += position * dimension.b
    }
    return (a, b)
  }
}
