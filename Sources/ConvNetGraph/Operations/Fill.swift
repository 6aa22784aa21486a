/// A value filled with one number: the seed of a gradient.
public struct Fill: GradientOperation {
  /// The field's name.
  public static let name = "Fill"
  /// The shape of the output.
  public var shape: Shape
  /// The number.
  public var value: Float

  /// A value of this shape filled with one number.
  public init(shape: Shape, value: Float) {
    self.shape = shape
    self.value = value
  }

  /// The given shape; there are no inputs.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 0...0)
    return [shape]
  }

  /// The number everywhere.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    [ReferenceArray(outputs[0], repeating: Scalar(value))]
  }
}
