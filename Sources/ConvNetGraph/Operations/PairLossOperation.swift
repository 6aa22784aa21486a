/// A loss that compares two values of the same shape number by number.
///
/// A conforming operation gives the term of one pair and its derivatives; the rest stands here.
/// Inputs: x and the target. Output: one number, `[]`.
public protocol PairLossOperation: Operation {
  /// How the terms become one number.
  var reduction: Reduction { get }

  /// The term of one pair.
  func term<Scalar: ReferenceScalar>(_ x: Scalar, _ target: Scalar) -> Scalar

  /// The term's derivative by x.
  func derivative<Scalar: ReferenceScalar>(_ x: Scalar, _ target: Scalar) -> Scalar

  /// The term's derivative by the target.
  func targetDerivative<Scalar: ReferenceScalar>(_ x: Scalar, _ target: Scalar) -> Scalar

  /// Whether the attributes are possible; they can come from a file.
  func checkAttributes() throws(ConvNetError)
}

extension PairLossOperation {
  /// Minus the derivative by x: most losses depend on the difference only.
  public func targetDerivative<Scalar: ReferenceScalar>(_ x: Scalar, _ target: Scalar) -> Scalar {
    -derivative(x, target)
  }

  /// Nothing to check.
  public func checkAttributes() throws(ConvNetError) {}

  /// `sum` where it is not the mean.
  public var details: String { reduction == .mean ? "" : reduction.rawValue }

  /// One number.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    try Arity.checkShape(inputs[1], Self.name, "a target", inputs[0])
    try checkAttributes()
    return [[]]
  }

  /// Adds up the terms.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let sum = zip(inputs[0].elements, inputs[1].elements).reduce(Scalar(0)) {
      $0 + term($1.0, $1.1)
    }
    return [ReferenceArray([], [sum * weight(count: inputs[0].elements.count)])]
  }

  /// Not laid out as an image.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// A ``PairLossGradient`` towards each side.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let (x, target) = (context.inputs[0], context.inputs[1])
    return [false, true].enumerated().map { position, towardsTarget in
      context.gradient(position) {
        context.outputGradient.applying(
          PairLossGradient(loss: self, towardsTarget: towardsTarget), x, target)
      }
    }
  }

  /// What each term counts.
  func weight<Scalar: ReferenceScalar>(count: Int) -> Scalar {
    reduction == .mean ? 1 / Scalar(count) : 1
  }
}

/// The gradient of a loss that compares pairs.
///
/// Inputs: g `[]`, x, the target. Output: the shape of x.
public struct PairLossGradient<Loss: PairLossOperation>: GradientOperation {
  /// The loss's name with `Gradient` behind it.
  public static var name: String { Loss.name + "Gradient" }
  /// The loss.
  public var loss: Loss
  /// Whether it is the derivative by the target instead of x.
  public var towardsTarget: Bool

  /// The gradient of this loss.
  public init(loss: Loss, towardsTarget: Bool = false) {
    self.loss = loss
    self.towardsTarget = towardsTarget
  }

  /// The shape of x.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 3...3)
    try Arity.checkShape(inputs[0], Self.name, "a gradient", [])
    _ = try loss.outputShapes(for: [inputs[1], inputs[2]])
    return [inputs[1]]
  }

  /// Pair by pair.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let factor = inputs[0].elements[0] * loss.weight(count: outputs[0].count)
    let derivatives = zip(inputs[1].elements, inputs[2].elements).map { x, target in
      factor * (towardsTarget ? loss.targetDerivative(x, target) : loss.derivative(x, target))
    }
    return [ReferenceArray(outputs[0], derivatives)]
  }
}
