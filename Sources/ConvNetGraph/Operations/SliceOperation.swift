/// A part of a value: some positions along some dimensions.
///
/// Along each named dimension it takes `start`, `start + step`, … below `end`. Negative starts and
/// ends count from the end, and both are cut to the size, as in Python, PyTorch and ONNX.
public struct SliceOperation: Operation {
  /// The field's name.
  public static let name = "Slice"

  /// The positions taken along one dimension.
  public struct Range: Hashable, Sendable, Codable {
    /// The dimension; negative counts from the end.
    public var dim: Int
    /// The first position.
    public var start: Int
    /// The position before which it stops.
    public var end: Int
    /// The distance between positions; at least 1.
    public var step: Int

    /// The positions `start`, `start + step`, … below `end`.
    public init(dim: Int, start: Int = 0, end: Int = Int.max, step: Int = 1) {
      self.dim = dim
      self.start = start
      self.end = end
      self.step = step
    }

    /// The positions for a dimension of this size.
    func positions(size: Int) -> StrideTo<Int> {
      let (start, end) = bounds(size: size)
      return stride(from: start, to: end, by: step)
    }

    /// How many positions there are for a dimension of this size.
    func count(size: Int) -> Int {
      let (start, end) = bounds(size: size)
      return end == start ? 0 : (end - start - 1) / step + 1
    }

    private func bounds(size: Int) -> (start: Int, end: Int) {
      func cut(_ position: Int) -> Int {
        min(max(position < 0 ? position + size : position, 0), size)
      }
      return (cut(start), max(cut(start), cut(end)))
    }
  }

  /// What is taken; dimensions that are not named are taken whole.
  public var ranges: [Range]

  /// Takes these ranges.
  public init(_ ranges: [Range]) {
    self.ranges = ranges
  }

  /// `dim 1: 0..<4`.
  public var details: String {
    ranges.map { range in
      let end = range.end == Int.max ? "" : "<\(range.end)"
      let step = range.step == 1 ? "" : " by \(range.step)"
      return "dim \(range.dim): \(range.start)..\(end)\(step)"
    }.joined(separator: ", ")
  }

  /// The number of positions along each named dimension.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    let x = inputs[0]
    var sizes = x.dimensions
    let positions = try Dimension.checked(ranges.map(\.dim), of: x, Self.name)
    for (range, position) in zip(ranges, positions) {
      guard range.step >= 1 else {
        throw ConvNetError(
          .invalidNetwork, "\(Self.name) cannot go along dimension \(range.dim) by \(range.step)",
          reason: "the step must be at least 1")
      }
      sizes[position] = range.count(size: x[position])
      guard sizes[position] > 0 else {
        throw ConvNetError(
          .invalidNetwork,
          "\(Self.name) takes nothing of dimension \(range.dim) of \(x)",
          reason: "the range is \(range.start)..<\(range.end) of size \(x[position])")
      }
    }
    return [Shape(sizes)]
  }

  /// The rows and columns that are taken of an image.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep {
    guard inputs[0].rank == 4 else { return .notSpatial }
    var taken = inputs[0].dimensions.map { (0..<$0).map { [$0] } }
    for range in ranges {
      let dim = Dimension.position(range.dim, rank: 4)
      taken[dim] = range.positions(size: inputs[0][dim]).map { [$0] }
    }
    return .regions(
      ImageRegions(rows: taken[2], columns: taken[3], input: inputs[0].imageSize))
  }

  /// Reads the positions.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    [inputs[0].gathered(indices(in: inputs[0].shape), shape: outputs[0])]
  }

  /// The gradient at the positions that were read, 0 elsewhere: a ``SliceGradient``.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let shape = context.inputs[0].shape
    let sizes = ranges.map { shape[Dimension.position($0.dim, rank: shape.rank)] }
    return [context.outputGradient.applying(SliceGradient(slice: self, sizes: sizes))]
  }

  /// The index in `shape` of every number that is taken.
  func indices(in shape: Shape) -> [Int] {
    var offsets = zip(shape.dimensions, shape.strides).map { GatherIndices.plain($0, stride: $1) }
    for range in ranges {
      let dim = Dimension.position(range.dim, rank: shape.rank)
      offsets[dim] = range.positions(size: shape[dim]).map { $0 * shape.strides[dim] }
    }
    return GatherIndices.indices(offsets)
  }
}

/// The gradient of a slice: the arriving numbers at the positions that were read, 0 elsewhere.
///
/// Input: g. Output: the shape of g with the sizes of the sliced value along the sliced dimensions.
public struct SliceGradient: GradientOperation {
  /// The field's name.
  public static let name = "SliceGradient"
  /// The slice whose gradient this is.
  public var slice: SliceOperation
  /// The sizes of the sliced value along the slice's dimensions, in the ranges' order.
  public var sizes: [Int]

  /// The gradient of a slice of a value with these sizes.
  public init(slice: SliceOperation, sizes: [Int]) {
    self.slice = slice
    self.sizes = sizes
  }

  /// The shape of the sliced value.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    var dimensions = inputs[0].dimensions
    let positions = try Dimension.checked(slice.ranges.map(\.dim), of: inputs[0], Self.name)
    for (position, size) in zip(positions, sizes) { dimensions[position] = size }
    let shape = try Shape(validating: dimensions)
    try Arity.checkShape(
      inputs[0], Self.name, "a gradient", slice.outputShapes(for: [shape])[0])
    return [shape]
  }

  /// Writes the positions.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    [inputs[0].scattered(slice.indices(in: outputs[0]), shape: outputs[0])]
  }
}
