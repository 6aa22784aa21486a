/// Numbers picked one by one along a dimension: PyTorch's `torch.gather`.
///
///     y[i, j, k] = x[i, index[i, j, k], k]      for dimension 1
///
/// Inputs: x, and the indices as whole numbers in Float32, of x's rank; negative ones count from the
/// end, and one outside reads the nearest number.
public struct GatherElementsOperation: Operation {
  /// The field's name.
  public static let name = "GatherElements"
  /// The dimension; negative counts from the end.
  public var dim: Int

  /// Picks along a dimension.
  public init(dim: Int) {
    self.dim = dim
  }

  /// `dim 0`.
  public var details: String { "dim \(dim)" }

  /// The indices' shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    try ElementIndices.check(inputs[1], in: inputs[0], dim: dim, Self.name)
    return [inputs[1]]
  }

  /// Reads the numbers.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let places = ElementIndices.places(inputs[1], in: inputs[0].shape, dim: dim)
    return [inputs[0].gathered(places, shape: outputs[0])]
  }

  /// Laid out as not an image any more.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// Each number added to where it was read from; none for the indices.
  public func gradient(_ context: GradientContext) -> [Value?] {
    [
      context.gradient(0) {
        (context.inputs[0] * 0).applying(
          ScatterElementsOperation(dim: dim, reduction: .add), context.inputs[1],
          context.outputGradient)
      }, nil,
    ]
  }
}

/// The places that indices along one dimension mean.
enum ElementIndices {
  static func check(
    _ indices: Shape, in x: Shape, dim: Int, _ operation: String
  ) throws(ConvNetError) {
    let position = try Dimension.checked(dim, of: x, operation)
    guard indices.rank == x.rank, x[position] > 0 || indices.count == 0,
      indices.dimensions.indices.allSatisfy({ $0 == position || indices[$0] <= x[$0] })
    else {
      throw ConvNetError(
        .invalidNetwork, "\(operation) cannot use indices \(indices) in \(x)",
        reason: "they must have the same rank and be no larger except along dimension \(dim)")
    }
  }

  static func places<Scalar: ReferenceScalar>(
    _ indices: ReferenceArray<Scalar>, in x: Shape, dim: Int
  ) -> [Int] {
    let position = Dimension.position(dim, rank: x.rank)
    // Where the index along the dimension does not count yet.
    let bases = GatherIndices.indices(
      indices.shape.dimensions.enumerated().map { place, size in
        GatherIndices.plain(size, stride: place == position ? 0 : x.strides[place])
      })
    return zip(bases, indices.elements).map { base, index in
      base + Dimension.clamped(index, size: x[position]) * x.strides[position]
    }
  }
}
