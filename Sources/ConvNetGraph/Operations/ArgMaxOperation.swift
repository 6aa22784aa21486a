/// Where the largest number stands along a dimension: PyTorch's `torch.argmax`.
///
/// The positions are whole numbers in Float32; they have no gradient.
public struct ArgMaxOperation: Operation {
  /// The field's name.
  public static let name = "ArgMax"
  /// The dimension; negative counts from the end.
  public var dim: Int
  /// Whether it stays with size 1 instead of going away.
  public var keepDims: Bool
  /// Whether of several equal numbers the last one counts instead of the first.
  public var selectsLast: Bool

  /// The position of the largest number along a dimension.
  public init(dim: Int, keepDims: Bool = false, selectsLast: Bool = false) {
    self.dim = dim
    self.keepDims = keepDims
    self.selectsLast = selectsLast
  }

  /// `dim 1`.
  public var details: String { "dim \(dim)" }

  /// The input's shape without the dimension, or with size 1 in its place.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    var sizes = inputs[0].dimensions
    let position = try Dimension.checked(dim, of: inputs[0], Self.name)
    guard sizes[position] > 0, sizes[position] <= 1 << Float.significandBitCount else {
      throw ConvNetError(
        .invalidNetwork,
        "\(Self.name) cannot say a position among \(sizes[position]) numbers",
        reason: "a position is a Float32, exact up to 2^\(Float.significandBitCount)")
    }
    if keepDims { sizes[position] = 1 } else { sizes.remove(at: position) }
    return [Shape(sizes)]
  }

  /// Goes along every line.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let lines = DimensionLines(dim, of: inputs[0].shape)
    let x = inputs[0].elements
    let places = lines.starts.map { start -> Scalar in
      var (best, place) = (x[start], 0)
      for (position, index) in lines.indices(from: start).enumerated().dropFirst()
      where x[index] > best || (selectsLast && x[index] == best) {
        (best, place) = (x[index], position)
      }
      return Scalar(place)
    }
    return [ReferenceArray(outputs[0], places)]
  }

  /// Everything along the dimension.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// None: positions are no smooth function.
  public func gradient(_ context: GradientContext) -> [Value?] { [nil] }
}
