/// Several neighbouring dimensions made one: what stands between the last image and the first linear
/// layer.
///
/// An operation of its own, not a reshape with fixed sizes, so that a network infers again for
/// another batch or image size. Source: PyTorch's `Flatten` page.
public struct FlattenOperation: Operation {
  /// The field's name.
  public static let name = "Flatten"
  /// The first dimension that is joined; negative counts from the end.
  public var startDim: Int
  /// The last dimension that is joined.
  public var endDim: Int

  /// Joins the dimensions `startDim...endDim`.
  public init(startDim: Int = 1, endDim: Int = -1) {
    self.startDim = startDim
    self.endDim = endDim
  }

  /// The range where it is not everything but the batch.
  public var details: String {
    startDim == 1 && endDim == -1 ? "" : "dims \(startDim)...\(endDim)"
  }

  /// The product of the joined sizes in their place.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    let x = inputs[0]
    guard x.rank > 0 else { return [[1]] }
    let start = try Dimension.checked(startDim, of: x, Self.name)
    let end = try Dimension.checked(endDim, of: x, Self.name)
    guard start <= end else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot join dimensions \(startDim) to \(endDim) of \(x)",
        reason: "the first must not stand behind the last")
    }
    let joined = x.dimensions[start...end].reduce(1, *)
    return [Shape(x.dimensions[..<start] + [joined] + x.dimensions[(end + 1)...])]
  }

  /// The same numbers.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    [ReferenceArray(outputs[0], inputs[0].elements)]
  }

  /// Laid out as not an image any more.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// The gradient in the input's shape: a ``ReshapeOperation``.
  public func gradient(_ context: GradientContext) -> [Value?] {
    [context.outputGradient.reshaped(like: context.inputs[0].shape)]
  }
}
