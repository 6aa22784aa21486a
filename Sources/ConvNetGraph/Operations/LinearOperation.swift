/// A fully connected layer: every output is a weighted sum of all features plus a bias.
///
///     y[..., o] = bias[o] + sum over i of w[o, i] * x[..., i]
///
/// Inputs: x `[..., in]` (mostly `[B, in]`), w `[out, in]`, optionally bias `[out]`. Output:
/// `[..., out]`. Source: PyTorch's `Linear` page.
public struct LinearOperation: Operation {
  /// The field's name.
  public static let name = "Linear"

  /// A weighted sum of all features; it has no attributes.
  public init() {}

  /// `[..., out]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...3)
    let (x, w) = (inputs[0], inputs[1])
    try Arity.checkRank(w, Self.name, 2, layout: "weights [out, in]")
    guard let features = x.dimensions.last else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) expects [..., in], got a single number")
    }
    guard features == w[1] else { throw wrongFeatures(features, x: x, w: w) }
    if inputs.count == 3 {
      try Arity.checkShape(inputs[2], Self.name, "a bias", [w[0]])
    }
    return [Shape(x.dimensions.dropLast() + [w[0]])]
  }

  private func wrongFeatures(_ features: Int, x: Shape, w: Shape) -> ConvNetError {
    guard x.rank == 4 else {
      return ConvNetError(
        .invalidNetwork, "\(Self.name) expects \(w[1]) features, got \(features)",
        reason: "the last dimension of \(x) must be inFeatures, and weights are \(w)",
        advice: "use Linear(inFeatures: \(features), outFeatures: \(w[0])), or global average "
          + "pooling before the flatten")
    }
    let (flat, overflow) = x[1].multipliedReportingOverflow(by: x[2] * x[3])
    return ConvNetError(
      .invalidNetwork, "\(Self.name) expects \(w[1]) features, got an image \(x)",
      reason: "weights are \(w); flattened, the image has \(x[1]) * \(x[2]) * \(x[3]) = "
        + "\(overflow ? "too many" : "\(flat)") features",
      advice: w[1] == flat
        ? "put a flatten before it"
        : w[1] == x[1]
          ? "put global average pooling and a flatten before it"
          : "put a flatten before it and use Linear(inFeatures: \(flat), outFeatures: \(w[0]))")
  }

  /// `in` for every number of the output.
  public func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int {
    outputs[0].count * inputs[1][1]
  }

  /// Features have no positions.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// One weighted sum per output.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let (x, w) = (inputs[0].elements, inputs[1].elements)
    let (outFeatures, inFeatures) = (inputs[1].shape[0], inputs[1].shape[1])
    var y = ReferenceArray<Scalar>(outputs[0])
    for index in y.elements.indices {
      let (row, o) = index.quotientAndRemainder(dividingBy: outFeatures)
      var sum: Scalar = inputs.count == 3 ? inputs[2].elements[o] : 0
      for i in 0..<inFeatures { sum += x[row * inFeatures + i] * w[o * inFeatures + i] }
      y.elements[index] = sum
    }
    return [y]
  }

  /// To the features: a ``LinearInputGradient``; to the weights: a ``LinearWeightGradient``; to the
  /// bias: the sum over everything but the outputs.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let (x, w, g) = (context.inputs[0], context.inputs[1], context.outputGradient)
    var gradients = [
      context.gradient(0) { g.applying(LinearInputGradient(), w) },
      context.gradient(1) { x.applying(LinearWeightGradient(), g) },
    ]
    if context.inputs.count == 3 {
      gradients.append(context.gradient(2) { g.summed(to: context.inputs[2].shape) })
    }
    return gradients
  }
}

/// The gradient of a fully connected layer with respect to its features.
///
/// Inputs: g `[..., out]`, w `[out, in]`. Output: `[..., in]`.
public struct LinearInputGradient: GradientOperation {
  /// The field's name.
  public static let name = "LinearInputGradient"

  /// The gradient with respect to the features.
  public init() {}

  /// `[..., in]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    try Arity.checkRank(inputs[1], Self.name, 2, layout: "weights [out, in]")
    let shape = Shape(inputs[0].dimensions.dropLast() + [inputs[1][1]])
    let forward = try LinearOperation().outputShapes(for: [shape, inputs[1]])
    try Arity.checkShape(inputs[0], Self.name, "a gradient", forward[0])
    return [shape]
  }

  /// As the layer.
  public func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int {
    inputs[0].count * inputs[1][1]
  }

  /// The forward loops with x and y exchanged.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let (g, w) = (inputs[0].elements, inputs[1].elements)
    let (outFeatures, inFeatures) = (inputs[1].shape[0], inputs[1].shape[1])
    var x = ReferenceArray<Scalar>(outputs[0])
    for index in g.indices {
      let (row, o) = index.quotientAndRemainder(dividingBy: outFeatures)
      for i in 0..<inFeatures {
        x.elements[row * inFeatures + i] += g[index] * w[o * inFeatures + i]
      }
    }
    return [x]
  }
}

/// The gradient of a fully connected layer with respect to its weights.
///
/// Inputs: x `[..., in]`, g `[..., out]`. Output: `[out, in]`.
public struct LinearWeightGradient: GradientOperation {
  /// The field's name.
  public static let name = "LinearWeightGradient"

  /// The gradient with respect to the weights.
  public init() {}

  /// `[out, in]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    let shape = Shape([inputs[1].dimensions.last ?? -1, inputs[0].dimensions.last ?? -1])
    let forward = try LinearOperation().outputShapes(for: [inputs[0], shape])
    try Arity.checkShape(inputs[1], Self.name, "a gradient", forward[0])
    return [shape]
  }

  /// As the layer.
  public func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int {
    inputs[1].count * outputs[0][1]
  }

  /// The forward loops with w and y exchanged.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let (x, g) = (inputs[0].elements, inputs[1].elements)
    let (outFeatures, inFeatures) = (outputs[0][0], outputs[0][1])
    var w = ReferenceArray<Scalar>(outputs[0])
    for index in g.indices {
      let (row, o) = index.quotientAndRemainder(dividingBy: outFeatures)
      for i in 0..<inFeatures {
        w.elements[o * inFeatures + i] += x[row * inFeatures + i] * g[index]
      }
    }
    return [w]
  }
}
