/// The largest number over some dimensions: PyTorch's `torch.amax`.
///
/// Several equal largest numbers share the gradient evenly, as in PyTorch.
public struct ReduceMaxOperation: Operation {
  /// The field's name.
  public static let name = "ReduceMax"
  /// The dimensions; negative counts from the end, and none means all.
  public var dims: [Int]
  /// Whether they stay with size 1 instead of going away.
  public var keepDims: Bool

  /// A maximum over these dimensions.
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

  /// Keeps the largest number of each place.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var largest = ReferenceArray<Scalar>(outputs[0], repeating: -.infinity)
    for (target, element) in zip(geometry.indices(of: inputs[0].shape), inputs[0].elements)
    where element > largest.elements[target] || element.isNaN {
      largest.elements[target] = element
    }
    return [largest]
  }

  /// The whole image, except where only the channels are reduced.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep {
    geometry.receptiveField(inputs: inputs)
  }

  /// The arriving gradient where the number is the largest, divided by how many there are.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let x = context.inputs[0]
    let sum = ReduceSumOperation(dims: dims, keepDims: true)
    let kept = x.applying(ReduceMaxOperation(dims: dims, keepDims: true))
    let isLargest = x.applying(CompareOperation(.equal), kept)
    let g = context.outputGradient.reshaped(like: kept.shape)
    return [isLargest * (g / isLargest.applying(sum))]
  }
}
