/// The dimensions in another order: PyTorch's `permute`, ONNX's `Transpose`.
public struct TransposeOperation: Operation {
  /// The field's name.
  public static let name = "Transpose"
  /// For each dimension of the output, the dimension of the input; negative counts from the end.
  public var permutation: [Int]

  /// The dimensions in this order.
  public init(_ permutation: [Int]) {
    self.permutation = permutation
  }

  /// `[0, 2, 3, 1]`.
  public var details: String { "\(permutation)" }

  /// The sizes in the new order.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    let positions = try Dimension.checked(permutation, of: inputs[0], Self.name)
    guard positions.count == inputs[0].rank else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot put \(inputs[0]) into the order \(permutation)",
        reason: "the order must name each of the \(inputs[0].rank) dimensions once")
    }
    return [Shape(positions.map { inputs[0][$0] })]
  }

  /// Reads every number at its new place.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let shape = inputs[0].shape
    let offsets = permutation.map { dim in
      let position = Dimension.position(dim, rank: shape.rank)
      return GatherIndices.plain(shape[position], stride: shape.strides[position])
    }
    return [inputs[0].gathered(GatherIndices.indices(offsets), shape: outputs[0])]
  }

  /// Laid out as not an image any more.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// The dimensions back in their old order.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let rank = permutation.count
    var inverse = [Int](repeating: 0, count: rank)
    for (new, old) in permutation.enumerated() {
      inverse[Dimension.position(old, rank: rank)] = new
    }
    return [context.outputGradient.applying(TransposeOperation(inverse))]
  }
}
