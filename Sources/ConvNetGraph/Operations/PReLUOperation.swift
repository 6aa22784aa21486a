/// The rectified linear unit with a learned slope: x where it is positive, w x elsewhere.
///
/// Inputs: x `[B, C, ...]`, w `[C]` or `[1]`. Output: the shape of x. Source: He et al., "Delving deep
/// into rectifiers" (2015).
public struct PReLUOperation: Operation {
  /// The field's name.
  public static let name = "PReLU"

  /// A unit whose slope is an input.
  public init() {}

  /// The shape of x.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    let (x, w) = (inputs[0], inputs[1])
    guard w == [1] || (x.rank >= 2 && w == [x[1]]) else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot use slopes \(w) for \(x)",
        reason: "one slope per channel or one for all",
        advice: x.rank >= 2 ? "set numParameters: \(x[1]) or 1" : "set numParameters: 1")
    }
    return [x]
  }

  /// Number by number with its channel's slope.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let (x, w) = (inputs[0], inputs[1])
    let channel = channels(of: x.shape, slopes: w.shape)
    var y = x
    for (index, element) in x.elements.enumerated() where !(element > 0) {
      y.elements[index] = element * w.elements[channel(index)]
    }
    return [y]
  }

  /// To x: a ``PReLUInputGradient``; to w: a ``PReLUWeightGradient``.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let (x, w, g) = (context.inputs[0], context.inputs[1], context.outputGradient)
    return [
      context.gradient(0) { g.applying(PReLUInputGradient(), x, w) },
      context.gradient(1) { g.applying(PReLUWeightGradient(slopes: w.shape[0]), x) },
    ]
  }
}

/// The slope that belongs to each element.
private func channels(of x: Shape, slopes: Shape) -> (Int) -> Int {
  if slopes == [1] { return { _ in 0 } }
  let (plane, count) = (x.strides[1], x[1])
  return { $0 / plane % count }
}

/// The gradient of a ``PReLUOperation`` with respect to x: g, times the slope where x is not positive.
///
/// Inputs: g and x of the same shape, w.
public struct PReLUInputGradient: GradientOperation {
  /// The field's name.
  public static let name = "PReLUInputGradient"

  /// A gradient towards x.
  public init() {}

  /// The shape of x.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 3...3)
    try Arity.checkShape(inputs[1], Self.name, "an input", inputs[0])
    return try PReLUOperation().outputShapes(for: [inputs[1], inputs[2]])
  }

  /// Number by number.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let (g, x, w) = (inputs[0], inputs[1], inputs[2])
    let channel = channels(of: x.shape, slopes: w.shape)
    var result = g
    for (index, element) in x.elements.enumerated() where !(element > 0) {
      result.elements[index] *= w.elements[channel(index)]
    }
    return [result]
  }
}

/// The gradient of a ``PReLUOperation`` with respect to w: the sum of g x where x is not positive.
///
/// Inputs: g and x of the same shape. Output: `[slopes]`.
public struct PReLUWeightGradient: GradientOperation {
  /// The field's name.
  public static let name = "PReLUWeightGradient"
  /// The number of slopes.
  public var slopes: Int

  /// A gradient towards so many slopes.
  public init(slopes: Int) {
    self.slopes = slopes
  }

  /// `[slopes]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    try Arity.checkShape(inputs[1], Self.name, "an input", inputs[0])
    _ = try PReLUOperation().outputShapes(for: [inputs[1], [slopes]])
    return [[slopes]]
  }

  /// Adds up each channel.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let (g, x) = (inputs[0], inputs[1])
    let channel = channels(of: x.shape, slopes: outputs[0])
    var sums = ReferenceArray<Scalar>(outputs[0])
    for (index, element) in x.elements.enumerated() where !(element > 0) {
      sums.elements[channel(index)] += g.elements[index] * element
    }
    return [sums]
  }
}
