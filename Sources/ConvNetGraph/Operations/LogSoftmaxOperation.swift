/// The logarithm of a softmax: x - ln(sum of e^x), exact where the share itself would be 0.
///
/// The largest score is taken off first, so that nothing overflows. Source: PyTorch's `LogSoftmax`
/// page.
public struct LogSoftmaxOperation: Operation {
  /// The field's name.
  public static let name = "LogSoftmax"
  /// The dimension whose shares add up to 1; negative counts from the end.
  public var dim: Int

  /// Logarithms of shares along one dimension.
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
      let total = logarithmOfSum(indices.lazy.map { y.elements[$0] })
      for index in indices { y.elements[index] -= total }
    }
    return [y]
  }

  /// A ``LogSoftmaxGradient`` of g and y.
  public func gradient(_ context: GradientContext) -> [Value?] {
    [context.outputGradient.applying(LogSoftmaxGradient(dim: dim), context.outputs[0])]
  }
}

/// ln(sum of e^x) without overflow.
func logarithmOfSum<Scalar: ReferenceScalar>(_ scores: some Sequence<Scalar>) -> Scalar {
  let largest = scores.reduce(-Scalar.infinity) { max($0, $1) }
  return largest + Scalar.log(scores.reduce(0) { $0 + Scalar.exp($1 - largest) })
}

/// The gradient of a log-softmax: g - e^y (sum of g along the dimension).
///
/// Inputs: g and y, same shapes.
public struct LogSoftmaxGradient: GradientOperation {
  /// The field's name.
  public static let name = "LogSoftmaxGradient"
  /// The log-softmax's dimension.
  public var dim: Int

  /// The gradient of a log-softmax along this dimension.
  public init(dim: Int) {
    self.dim = dim
  }

  /// The input's shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    try Arity.checkShape(inputs[1], Self.name, "an output", inputs[0])
    return try LogSoftmaxOperation(dim: dim).outputShapes(for: [inputs[0]])
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
      let sum = indices.reduce(0) { $0 + g[$1] }
      for index in indices { result.elements[index] = g[index] - Scalar.exp(y[index]) * sum }
    }
    return [result]
  }
}
