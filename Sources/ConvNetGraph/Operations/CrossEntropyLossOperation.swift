/// The loss of a classifier: minus the logarithm of the share that the true class gets.
///
///     loss of one = -sum over c of a[c] ln(softmax(scores)[c])
///     a[c] = weight[c] ((1 - smoothing) [c is the target] + smoothing / C)
///
/// The mean is over the targets' weights. A target equal to `ignoreIndex` does not count; one that is
/// no class makes the loss NaN. Inputs: scores `[B, C]` or `[B, C, H, W]`, class numbers `[B]` or
/// `[B, H, W]`, optionally class weights `[C]`. Output: `[]`. Source: PyTorch's `CrossEntropyLoss`
/// page; Szegedy et al., "Rethinking the Inception architecture" (2015) for the smoothing.
public struct CrossEntropyLossOperation: Operation {
  /// The field's name.
  public static let name = "CrossEntropyLoss"
  /// The share of the target that is spread evenly over all classes.
  public var labelSmoothing: Float
  /// The target that does not count.
  public var ignoreIndex: Int
  /// How the terms become one number.
  public var reduction: Reduction

  /// A cross-entropy.
  public init(labelSmoothing: Float = 0, ignoreIndex: Int = -100, reduction: Reduction = .mean) {
    self.labelSmoothing = labelSmoothing
    self.ignoreIndex = ignoreIndex
    self.reduction = reduction
  }

  /// The smoothing where there is one, `sum` where it is not the mean.
  public var details: String {
    let parts = [
      labelSmoothing == 0 ? nil : "smoothing \(labelSmoothing)",
      reduction == .mean ? nil : reduction.rawValue,
    ]
    return parts.compactMap { $0 }.joined(separator: " ")
  }

  /// One number.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...3)
    try ClassTargets<Float>.check(inputs, Self.name)
    guard (0...1).contains(labelSmoothing) else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot smooth labels by \(labelSmoothing)",
        reason: "it must be in 0...1")
    }
    return [[]]
  }

  /// Target by target.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let targets = ClassTargets(inputs[...], ignoreIndex: ignoreIndex)
    let scores = inputs[0].elements
    var sum: Scalar = 0
    targets.forEach { indices, target in
      let total = logarithmOfSum(indices.lazy.map { scores[$0] })
      for (number, index) in indices.enumerated() {
        let share = wanted(number, target, targets)
        // A class that is not wanted may have a score of minus infinity.
        if share != 0 { sum += share * (total - scores[index]) }
      }
    }
    return [ReferenceArray([], [reduction == .mean ? sum / targets.totalWeight : sum])]
  }

  /// a[c] of the formula.
  func wanted<Scalar: ReferenceScalar>(
    _ number: Int, _ target: Int?, _ targets: ClassTargets<Scalar>
  ) -> Scalar {
    guard let target else { return .nan }
    let smoothing = Scalar(labelSmoothing)
    let share = smoothing / Scalar(targets.classes) + (number == target ? 1 - smoothing : 0)
    return targets.weight(number) * share
  }

  /// Not laid out as an image.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// To the scores: a ``CrossEntropyLossGradient``; class numbers and weights have none.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let scores = context.gradient(0) {
      Value.apply(
        CrossEntropyLossGradient(loss: self), to: [context.outputGradient] + context.inputs)[0]
    }
    return [scores] + context.inputs.dropFirst().map { _ in nil }
  }
}

/// The gradient of a cross-entropy with respect to the scores: softmax minus what is wanted.
///
/// Inputs: g `[]`, then the inputs of the loss. Output: the shape of the scores.
public struct CrossEntropyLossGradient: GradientOperation {
  /// The field's name.
  public static let name = "CrossEntropyLossGradient"
  /// The loss.
  public var loss: CrossEntropyLossOperation

  /// The gradient of this loss.
  public init(loss: CrossEntropyLossOperation) {
    self.loss = loss
  }

  /// The shape of the scores.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 3...4)
    try Arity.checkShape(inputs[0], Self.name, "a gradient", [])
    _ = try loss.outputShapes(for: Array(inputs.dropFirst()))
    return [inputs[1]]
  }

  /// softmax[c] (sum of a) - a[c], target by target.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let targets = ClassTargets(inputs[1...], ignoreIndex: loss.ignoreIndex)
    let scores = inputs[1].elements
    let g = inputs[0].elements[0]
    let factor = loss.reduction == .mean ? g / targets.totalWeight : g
    var result = ReferenceArray<Scalar>(outputs[0])
    targets.forEach { indices, target in
      let total = logarithmOfSum(indices.lazy.map { scores[$0] })
      let wanted = (0..<targets.classes).map { loss.wanted($0, target, targets) }
      let sum = wanted.reduce(0, +)
      for (number, index) in indices.enumerated() {
        result.elements[index] =
          factor * (Scalar.exp(scores[index] - total) * sum - wanted[number])
      }
    }
    return [result]
  }
}
