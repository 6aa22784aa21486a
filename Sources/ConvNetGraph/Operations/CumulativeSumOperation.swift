/// Running sums along a dimension: PyTorch's `torch.cumsum`.
public struct CumulativeSumOperation: Operation {
  /// The field's name.
  public static let name = "CumulativeSum"
  /// The dimension; negative counts from the end.
  public var dim: Int
  /// Whether a number does not count for its own place.
  public var isExclusive: Bool
  /// Whether it goes from the end to the beginning.
  public var isReversed: Bool

  /// Running sums along a dimension.
  public init(dim: Int, isExclusive: Bool = false, isReversed: Bool = false) {
    self.dim = dim
    self.isExclusive = isExclusive
    self.isReversed = isReversed
  }

  /// `dim 0`, with what is special.
  public var details: String {
    "dim \(dim)" + (isExclusive ? " exclusive" : "") + (isReversed ? " reversed" : "")
  }

  /// The input's shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    _ = try Dimension.checked(dim, of: inputs[0], Self.name)
    return [inputs[0]]
  }

  /// Adds up every line.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let lines = DimensionLines(dim, of: inputs[0].shape)
    var y = inputs[0]
    for start in lines.starts {
      var sum: Scalar = 0
      let line = Array(lines.indices(from: start))
      for index in isReversed ? line.reversed() : line {
        let element = y.elements[index]
        y.elements[index] = isExclusive ? sum : sum + element
        sum += element
      }
    }
    return [y]
  }

  /// Everything along the dimension.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// The running sums of the gradient from the other end.
  public func gradient(_ context: GradientContext) -> [Value?] {
    [
      context.outputGradient.applying(
        CumulativeSumOperation(dim: dim, isExclusive: isExclusive, isReversed: !isReversed))
    ]
  }
}
