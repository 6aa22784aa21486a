/// The sum over the dimensions along which a smaller shape was repeated: undoes broadcasting.
public struct SumTo: GradientOperation {
  /// The field's name.
  public static let name = "SumTo"
  /// The smaller shape.
  public var shape: Shape

  /// A sum down to this shape.
  public init(shape: Shape) {
    self.shape = shape
  }

  /// The smaller shape, which must broadcast to the input's.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    let together = try Broadcasting.shape(shape, inputs[0], operation: Self.name)
    try Arity.checkShape(inputs[0], Self.name, "an input", together)
    return [shape]
  }

  /// Adds every number to the place it was repeated from.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var sums = ReferenceArray<Scalar>(outputs[0])
    let targets = Broadcasting.indices(of: shape, in: inputs[0].shape)
    for (target, element) in zip(targets, inputs[0].elements) { sums.elements[target] += element }
    return [sums]
  }
}

extension Value {
  /// The sum down to a shape that broadcasts to this one; the value itself where they are equal.
  func summed(to shape: Shape) -> Value {
    self.shape == shape ? self : applying(SumTo(shape: shape))
  }
}
