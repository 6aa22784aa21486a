/// A function applied to each number alone: the non-linearity of a layer.
///
/// A conforming operation gives the function and its derivative; shapes, loops and the gradient node
/// are the same for all and stand here.
public protocol ActivationOperation: Operation {
  /// Whether the derivative is written in terms of the function's result y instead of its argument x
  /// (then x need not be kept for the backward pass).
  static var derivativeUsesOutput: Bool { get }

  /// The function.
  func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar

  /// The derivative at `point`: x, or y where ``derivativeUsesOutput`` says so.
  func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar

  /// Whether the attributes are possible; they can come from a file.
  func checkAttributes() throws(ConvNetError)
}

extension ActivationOperation {
  /// Nothing to check.
  public func checkAttributes() throws(ConvNetError) {}

  /// The input's shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    try checkAttributes()
    return [inputs[0]]
  }

  /// The function on every number.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    [ReferenceArray(outputs[0], inputs[0].elements.map { value($0) })]
  }

  /// The arriving gradient times the derivative: an ``ActivationGradient``.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let point = Self.derivativeUsesOutput ? context.outputs[0] : context.inputs[0]
    return [context.outputGradient.applying(ActivationGradient(activation: self), point)]
  }
}

/// The gradient of an activation: the arriving gradient times the derivative.
///
/// Inputs: the gradient and the point (x or y, see ``ActivationOperation/derivativeUsesOutput``), same shapes.
public struct ActivationGradient<Function: ActivationOperation>: GradientOperation {
  /// The activation's name with `Gradient` behind it.
  public static var name: String { Function.name + "Gradient" }
  /// The activation.
  public var activation: Function

  /// The gradient of this activation.
  public init(activation: Function) {
    self.activation = activation
  }

  /// The input's shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    try Arity.checkShape(inputs[1], Self.name, "an input", inputs[0])
    return [inputs[0]]
  }

  /// The product for every number.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let products = zip(inputs[0].elements, inputs[1].elements).map { gradient, point in
      gradient * activation.derivative(at: point)
    }
    return [ReferenceArray(outputs[0], products)]
  }
}
