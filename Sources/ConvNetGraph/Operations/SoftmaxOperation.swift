/// Scores along one dimension turned into shares that add up to 1: e^x / sum of e^x.
///
/// The largest score is taken off first, so that nothing overflows. Source: PyTorch's `Softmax` page.
public struct SoftmaxOperation: Operation {
  /// The field's name.
  public static let name = "Softmax"
  /// The dimension whose numbers add up to 1; negative counts from the end.
  public var dim: Int

  /// Shares along one dimension.
  public init(dim: Int) {
    self.dim = dim
  }

  /// `dim 1`.
  public var details: String { "dim \(dim)" }

  /// The input's shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    _ = try Dimension.checked(dim, of: inputs[0], Self.name)
    return [inputs[0]]
  }

  /// Line by line.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var y = inputs[0]
    let lines = DimensionLines(dim, of: y.shape)
    for start in lines.starts {
      let indices = lines.indices(from: start)
      let largest = indices.reduce(-Scalar.infinity) { max($0, y.elements[$1]) }
      var sum: Scalar = 0
      for index in indices {
        y.elements[index] = Scalar.exp(y.elements[index] - largest)
        sum += y.elements[index]
      }
      for index in indices { y.elements[index] /= sum }
    }
    return [y]
  }

  /// A ``SoftmaxGradient`` of g and y.
  public func gradient(_ context: GradientContext) -> [Value?] {
    [context.outputGradient.applying(SoftmaxGradient(dim: dim), context.outputs[0])]
  }
}

/// The gradient of a softmax: y (g - sum of g y along the dimension).
///
/// Inputs: g and y, same shapes.
public struct SoftmaxGradient: GradientOperation {
  /// The field's name.
  public static let name = "SoftmaxGradient"
  /// The softmax's dimension.
  public var dim: Int

  /// The gradient of a softmax along this dimension.
  public init(dim: Int) {
    self.dim = dim
  }

  /// The input's shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    try Arity.checkShape(inputs[1], Self.name, "an output", inputs[0])
    return try SoftmaxOperation(dim: dim).outputShapes(for: [inputs[0]])
  }

  /// Line by line.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let (g, y) = (inputs[0].elements, inputs[1].elements)
    var result = ReferenceArray<Scalar>(outputs[0])
    let lines = DimensionLines(dim, of: outputs[0])
    for start in lines.starts {
      let indices = lines.indices(from: start)
      let common = indices.reduce(0) { $0 + g[$1] * y[$1] }
      for index in indices { result.elements[index] = y[index] * (g[index] - common) }
    }
    return [result]
  }
}
