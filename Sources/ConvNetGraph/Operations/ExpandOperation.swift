/// A value repeated along dimensions of size 1: PyTorch's `expand`.
///
/// As in ONNX the shape is broadcast with the input's, so that 1 keeps a size, and so does -1; missing
/// dimensions come in front.
public struct ExpandOperation: Operation {
  /// The field's name.
  public static let name = "Expand"
  /// The sizes asked for.
  public var shape: [Int]

  /// A repetition to these sizes.
  public init(_ shape: [Int]) {
    self.shape = shape
  }

  /// `[-1, 3, 8]`.
  public var details: String { "\(shape)" }

  /// The broadcast shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    let wanted = try Shape(validating: shape.map { $0 == -1 ? 1 : $0 })
    return [try Broadcasting.shape(inputs[0], wanted, operation: Self.name)]
  }

  /// Repeats every number.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    [
      inputs[0].gathered(
        Broadcasting.indices(of: inputs[0].shape, in: outputs[0]), shape: outputs[0])
    ]
  }

  /// Laid out as not an image any more.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// The sum over the repetitions.
  public func gradient(_ context: GradientContext) -> [Value?] {
    [context.outputGradient.summed(to: context.inputs[0].shape)]
  }
}
