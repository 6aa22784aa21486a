/// Numbers taken from one of two values, as a condition says: PyTorch's `torch.where`.
///
/// Inputs: condition, a, b; all are repeated where their size is 1. Output: a where the condition is
/// not 0, else b.
public struct WhereOperation: Operation {
  /// The field's name.
  public static let name = "Where"

  /// A choice; it has no attributes.
  public init() {}

  /// The broadcast shape of all three.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 3...3)
    let both = try Broadcasting.shape(inputs[1], inputs[2], operation: Self.name)
    return [try Broadcasting.shape(inputs[0], both, operation: Self.name)]
  }

  /// One of the two numbers.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let places = inputs.map { Broadcasting.indices(of: $0.shape, in: outputs[0]) }
    let elements = (0..<outputs[0].count).map { index in
      inputs[0].elements[places[0][index]] != 0
        ? inputs[1].elements[places[1][index]] : inputs[2].elements[places[2][index]]
    }
    return [ReferenceArray(outputs[0], elements)]
  }

  /// The arriving gradient where the side was taken, 0 elsewhere.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let (condition, g) = (context.inputs[0], context.outputGradient)
    return [
      nil,
      context.gradient(1) {
        condition.applying(WhereOperation(), g, g * 0).summed(to: context.inputs[1].shape)
      },
      context.gradient(2) {
        condition.applying(WhereOperation(), g * 0, g).summed(to: context.inputs[2].shape)
      },
    ]
  }
}
