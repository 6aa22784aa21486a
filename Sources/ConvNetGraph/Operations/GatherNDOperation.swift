/// Parts of a value picked by tuples of indices: ONNX's `GatherND`.
///
/// Inputs: x, and the indices `[..., n]` as whole numbers in Float32: each tuple of n numbers names a
/// part of x. The first `batchDims` dimensions of both go together. An index outside reads the nearest
/// part.
public struct GatherNDOperation: Operation {
  /// The field's name.
  public static let name = "GatherND"
  /// The dimensions that x and the indices have in common.
  public var batchDims: Int

  /// Picks by tuples.
  public init(batchDims: Int = 0) {
    self.batchDims = batchDims
  }

  /// The indices' shape without the tuples, then what one tuple names.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    let geometry = try TupleGeometry(inputs[0], inputs[1], batchDims: batchDims, Self.name)
    return [
      Shape(inputs[1].dimensions.dropLast() + inputs[0].dimensions.suffix(geometry.innerRank))
    ]
  }

  /// Reads the parts.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    guard
      let geometry = try? TupleGeometry(
        inputs[0].shape, inputs[1].shape, batchDims: batchDims, Self.name)
    else { return [ReferenceArray(outputs[0])] }
    let places = geometry.starts(inputs[1].elements).flatMap { $0..<($0 + geometry.inner) }
    return [inputs[0].gathered(places, shape: outputs[0])]
  }

  /// Laid out as not an image any more.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// Each part added to where it was read from, where there is no batch; none for the indices.
  public func gradient(_ context: GradientContext) -> [Value?] {
    guard batchDims == 0 else { return [nil, nil] }
    return [
      context.gradient(0) {
        (context.inputs[0] * 0).applying(
          ScatterNDOperation(reduction: .add), context.inputs[1], context.outputGradient)
      }, nil,
    ]
  }
}

/// The parts that tuples of indices mean.
struct TupleGeometry {
  /// The elements of one part, and its dimensions.
  let inner: Int
  let innerRank: Int
  private let x: Shape
  private let tuple: Int
  private let batchDims: Int
  private let tuplesPerBatch: Int

  init(
    _ x: Shape, _ indices: Shape, batchDims: Int, _ operation: String
  ) throws(ConvNetError) {
    guard let tuple = indices.dimensions.last, batchDims >= 0, batchDims < indices.rank,
      batchDims <= x.rank, tuple >= 0, tuple <= x.rank - batchDims,
      x.dimensions.prefix(batchDims) == indices.dimensions.prefix(batchDims),
      x.dimensions[batchDims..<(batchDims + tuple)].allSatisfy({ $0 > 0 }) || indices.count == 0
    else {
      throw ConvNetError(
        .invalidNetwork, "\(operation) cannot use indices \(indices) in \(x)",
        reason: "the last size says how many indices name a part, and the first \(batchDims) sizes "
          + "must be equal")
    }
    self.x = x
    self.tuple = tuple
    self.batchDims = batchDims
    innerRank = x.rank - batchDims - tuple
    inner = x.dimensions.suffix(innerRank).reduce(1, *)
    tuplesPerBatch = indices.dimensions.dropLast().dropFirst(batchDims).reduce(1, *)
  }

  /// The first element of each part.
  func starts<Scalar: ReferenceScalar>(_ indices: [Scalar]) -> [Int] {
    let strides = x.strides
    let batches = x.dimensions.prefix(batchDims).reduce(1, *)
    let batchStride = x.dimensions.dropFirst(batchDims).reduce(1, *)
    return (0..<batches * tuplesPerBatch).map { number in
      var start = number / max(tuplesPerBatch, 1) * batchStride
      for place in 0..<tuple {
        let dim = batchDims + place
        start += Dimension.clamped(indices[number * tuple + place], size: x[dim]) * strides[dim]
      }
      return start
    }
  }
}
