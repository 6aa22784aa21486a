/// The product over some dimensions: PyTorch's `torch.prod`.
public struct ReduceProdOperation: Operation {
  /// The field's name.
  public static let name = "ReduceProd"
  /// The dimensions; negative counts from the end, and none means all.
  public var dims: [Int]
  /// Whether they stay with size 1 instead of going away.
  public var keepDims: Bool

  /// A product over these dimensions.
  public init(dims: [Int] = [], keepDims: Bool = false) {
    self.dims = dims
    self.keepDims = keepDims
  }

  private var geometry: ReduceSumOperation { ReduceSumOperation(dims: dims, keepDims: keepDims) }

  /// `dims [2, 3]`.
  public var details: String { geometry.details }

  /// The input's shape without the dimensions, or with size 1 in their places.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try geometry.outputShapes(for: inputs)
  }

  /// Multiplies every number into its place.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var products = ReferenceArray<Scalar>(outputs[0], repeating: 1)
    for (target, element) in zip(geometry.indices(of: inputs[0].shape), inputs[0].elements) {
      products.elements[target] *= element
    }
    return [products]
  }

  /// The whole image, except where only the channels are reduced.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep {
    geometry.receptiveField(inputs: inputs)
  }

  /// The arriving gradient times the product of the others, which is y/x; not a number where x is 0.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let x = context.inputs[0]
    let kept = x.applying(ReduceProdOperation(dims: dims, keepDims: true))
    return [context.outputGradient.reshaped(like: kept.shape) * kept / x]
  }
}
