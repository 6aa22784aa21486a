/// A product of matrices in the last two dimensions: PyTorch's `torch.matmul`.
///
///     y[..., i, j] = sum over k of a[..., i, k] * b[..., k, j]
///
/// The dimensions in front are repeated where their size is 1. A value of one dimension is a row
/// (left) or a column (right), and that dimension goes away.
public struct MatMulOperation: Operation {
  /// The field's name.
  public static let name = "MatMul"

  /// A product; it has no attributes.
  public init() {}

  /// `[..., I, J]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    let (a, b) = (inputs[0], inputs[1])
    guard a.rank >= 1, b.rank >= 1 else {
      throw ConvNetError(.invalidNetwork, "\(Self.name) expects matrices, got \(a) and \(b)")
    }
    let (left, right) = MatMulOperation.matrices(a, b)
    guard left[left.rank - 1] == right[right.rank - 2] else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot multiply \(a) and \(b)",
        reason: "\(left[left.rank - 1]) columns on the left against \(right[right.rank - 2]) rows "
          + "on the right")
    }
    let outer = try Broadcasting.shape(
      Shape(Array(left.dimensions.dropLast(2))), Shape(Array(right.dimensions.dropLast(2))),
      operation: Self.name)
    var sizes = outer.dimensions
    if a.rank > 1 { sizes.append(left[left.rank - 2]) }
    if b.rank > 1 { sizes.append(right[right.rank - 1]) }
    return [Shape(sizes)]
  }

  /// Both shapes with at least two dimensions.
  private static func matrices(_ a: Shape, _ b: Shape) -> (Shape, Shape) {
    (a.rank == 1 ? [1, a[0]] : a, b.rank == 1 ? [b[0], 1] : b)
  }

  /// K for every number of the output.
  public func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int {
    outputs[0].count * (inputs[0].dimensions.last ?? 0)
  }

  /// Matrices have no positions.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// Row by row, so that both matrices are read in order.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let (left, right) = MatMulOperation.matrices(inputs[0].shape, inputs[1].shape)
    let (rows, inner, columns) = (
      left[left.rank - 2], left[left.rank - 1], right[right.rank - 1]
    )
    let outerLeft = Shape(Array(left.dimensions.dropLast(2)))
    let outerRight = Shape(Array(right.dimensions.dropLast(2)))
    let rank = max(outerLeft.rank, outerRight.rank)
    let outer = Shape(Array(outputs[0].dimensions.prefix(rank)))
    let lefts = Broadcasting.indices(of: outerLeft, in: outer)
    let rights = Broadcasting.indices(of: outerRight, in: outer)
    let (a, b) = (inputs[0].elements, inputs[1].elements)
    var y = ReferenceArray<Scalar>(outputs[0])
    for matrix in 0..<outer.count {
      let (firstA, firstB) = (lefts[matrix] * rows * inner, rights[matrix] * inner * columns)
      for i in 0..<rows {
        let row = (matrix * rows + i) * columns
        for k in 0..<inner {
          let factor = a[firstA + i * inner + k]
          for j in 0..<columns { y.elements[row + j] += factor * b[firstB + k * columns + j] }
        }
      }
    }
    return [y]
  }

  /// g * b^T and a^T * g, summed over the repetitions.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let (a, b) = (context.inputs[0], context.inputs[1])
    let (left, right) = MatMulOperation.matrices(a.shape, b.shape)
    var sizes = context.outputs[0].shape.dimensions
    if a.shape.rank == 1 { sizes.insert(1, at: sizes.count - (b.shape.rank > 1 ? 1 : 0)) }
    if b.shape.rank == 1 { sizes.append(1) }
    let g = context.outputGradient.reshaped(like: Shape(sizes))
    return [
      context.gradient(0) {
        g.applying(MatMulOperation(), b.reshaped(like: right).matrixTransposed())
          .summed(to: left).reshaped(like: a.shape)
      },
      context.gradient(1) {
        a.reshaped(like: left).matrixTransposed().applying(MatMulOperation(), g)
          .summed(to: right).reshaped(like: b.shape)
      },
    ]
  }
}

extension Value {
  /// With the last two dimensions exchanged.
  fileprivate func matrixTransposed() -> Value {
    var order = Array(0..<shape.rank)
    order.swapAt(shape.rank - 2, shape.rank - 1)
    return applying(TransposeOperation(order))
  }
}
