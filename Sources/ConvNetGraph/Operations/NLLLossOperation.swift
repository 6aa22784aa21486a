/// The negative log-likelihood: minus the logarithm that a ``LogSoftmaxOperation`` gave the true
/// class.
///
/// The mean is over the targets' weights. A target equal to `ignoreIndex` does not count; one that is
/// no class makes the loss NaN. Inputs: logarithms `[B, C]` or `[B, C, H, W]`, class numbers `[B]` or
/// `[B, H, W]`, optionally class weights `[C]`. Output: `[]`. Source: PyTorch's `NLLLoss` page.
public struct NLLLossOperation: Operation {
  /// The field's name.
  public static let name = "NLLLoss"
  /// The target that does not count.
  public var ignoreIndex: Int
  /// How the terms become one number.
  public var reduction: Reduction

  /// A negative log-likelihood.
  public init(ignoreIndex: Int = -100, reduction: Reduction = .mean) {
    self.ignoreIndex = ignoreIndex
    self.reduction = reduction
  }

  /// `sum` where it is not the mean.
  public var details: String { reduction == .mean ? "" : reduction.rawValue }

  /// One number.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...3)
    try ClassTargets<Float>.check(inputs, Self.name)
    return [[]]
  }

  /// Target by target.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let targets = ClassTargets(inputs[...], ignoreIndex: ignoreIndex)
    var sum: Scalar = 0
    targets.forEach { indices, target in
      if target == nil { sum = .nan }
      for (number, index) in indices.enumerated() where number == target {
        sum -= targets.weight(number) * inputs[0].elements[index]
      }
    }
    return [ReferenceArray([], [reduction == .mean ? sum / targets.totalWeight : sum])]
  }

  /// Not laid out as an image.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// To the logarithms: an ``NLLLossGradient``; class numbers and weights have none.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let scores = context.gradient(0) {
      Value.apply(NLLLossGradient(loss: self), to: [context.outputGradient] + context.inputs)[0]
    }
    return [scores] + context.inputs.dropFirst().map { _ in nil }
  }
}

/// The gradient of a negative log-likelihood: minus the weight at the true class, 0 elsewhere.
///
/// Inputs: g `[]`, then the inputs of the loss. Output: the shape of the logarithms.
public struct NLLLossGradient: GradientOperation {
  /// The field's name.
  public static let name = "NLLLossGradient"
  /// The loss.
  public var loss: NLLLossOperation

  /// The gradient of this loss.
  public init(loss: NLLLossOperation) {
    self.loss = loss
  }

  /// The shape of the logarithms.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 3...4)
    try Arity.checkShape(inputs[0], Self.name, "a gradient", [])
    _ = try loss.outputShapes(for: Array(inputs.dropFirst()))
    return [inputs[1]]
  }

  /// Target by target.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let targets = ClassTargets(inputs[1...], ignoreIndex: loss.ignoreIndex)
    let g = inputs[0].elements[0]
    let factor = loss.reduction == .mean ? g / targets.totalWeight : g
    var result = ReferenceArray<Scalar>(outputs[0])
    targets.forEach { indices, target in
      for (number, index) in indices.enumerated() where number == target {
        result.elements[index] = -targets.weight(number) * factor
      }
    }
    return [result]
  }
}
