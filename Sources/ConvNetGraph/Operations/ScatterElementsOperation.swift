/// Numbers written one by one along a dimension into a copy of a value: PyTorch's `torch.scatter`.
///
///     y = x;  y[i, index[i, j, k], k] = update[i, j, k]      for dimension 1
///
/// Inputs: x, the indices, the updates; as ``GatherElementsOperation``.
public struct ScatterElementsOperation: Operation {
  /// The field's name.
  public static let name = "ScatterElements"
  /// The dimension; negative counts from the end.
  public var dim: Int
  /// What a number becomes where one is written.
  public var reduction: ScatterReduction

  /// Writes along a dimension.
  public init(dim: Int, reduction: ScatterReduction = .replace) {
    self.dim = dim
    self.reduction = reduction
  }

  /// `dim 0 add`.
  public var details: String { "dim \(dim) \(reduction.rawValue)" }

  /// The shape of x.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 3...3)
    try ElementIndices.check(inputs[1], in: inputs[0], dim: dim, Self.name)
    try Arity.checkShape(inputs[2], Self.name, "updates", inputs[1])
    return [inputs[0]]
  }

  /// Writes the numbers in order.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var y = inputs[0]
    let places = ElementIndices.places(inputs[1], in: inputs[0].shape, dim: dim)
    for (place, update) in zip(places, inputs[2].elements) {
      y.elements[place] = reduction.value(y.elements[place], update)
    }
    return [y]
  }

  /// Laid out as not an image any more.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// For sums the gradient itself and the numbers at the places; else none: such nodes stand behind
  /// a network's last trained layer.
  public func gradient(_ context: GradientContext) -> [Value?] {
    guard reduction == .add else { return [nil, nil, nil] }
    return [
      context.gradient(0) { context.outputGradient }, nil,
      context.gradient(2) {
        context.outputGradient.applying(GatherElementsOperation(dim: dim), context.inputs[1])
      },
    ]
  }
}

/// What a number becomes where another one is written.
public enum ScatterReduction: String, Hashable, Sendable, Codable {
  /// The new number.
  case replace
  /// The sum.
  case add
  /// The product.
  case multiply
  /// The larger one.
  case maximum
  /// The smaller one.
  case minimum

  func value<Scalar: ReferenceScalar>(_ old: Scalar, _ new: Scalar) -> Scalar {
    switch self {
    case .replace: new
    case .add: old + new
    case .multiply: old * new
    case .maximum: max(old, new)
    case .minimum: min(old, new)
    }
  }
}
