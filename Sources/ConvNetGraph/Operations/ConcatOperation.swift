/// Values put one behind the other along a dimension: skip connections of DenseNet, Inception, U-Net.
///
/// Inputs: one or more, equal in all other dimensions. PyTorch's `torch.cat`.
public struct ConcatOperation: Operation {
  /// The field's name.
  public static let name = "Concat"
  /// The dimension along which they are put together; negative counts from the end.
  public var dim: Int

  /// Puts values together along a dimension.
  public init(dim: Int) {
    self.dim = dim
  }

  /// `dim 1`.
  public var details: String { "dim \(dim)" }

  /// The sum of the sizes along the dimension.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    guard let first = inputs.first else {
      throw ConvNetError(.invalidNetwork, "\(Self.name) takes at least 1 input, got 0")
    }
    let position = try Dimension.checked(dim, of: first, Self.name)
    var sizes = first.dimensions
    for other in inputs.dropFirst() {
      guard other.rank == first.rank,
        first.dimensions.indices.allSatisfy({ $0 == position || other[$0] == first[$0] })
      else {
        throw ConvNetError(
          .invalidNetwork, "\(Self.name) cannot put \(first) and \(other) together",
          reason: "all sizes except dimension \(position) must be equal")
      }
      sizes[position] += other[position]
    }
    return [Shape(sizes)]
  }

  /// The same position where channels are joined; joined rows or columns are followed no further.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep {
    Dimension.position(dim, rank: inputs[0].rank) < 2 ? .pointwise : .notSpatial
  }

  /// Block by block of the dimensions outside.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let position = Dimension.position(dim, rank: outputs[0].rank)
    let blocks = outputs[0].dimensions[..<position].reduce(1, *)
    var elements: [Scalar] = []
    elements.reserveCapacity(outputs[0].count)
    for block in 0..<blocks {
      for input in inputs {
        let size = input.elements.count / blocks
        elements += input.elements[block * size..<(block + 1) * size]
      }
    }
    return [ReferenceArray(outputs[0], elements)]
  }

  /// To each input its part of the gradient: a ``SliceOperation``.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let position = Dimension.position(dim, rank: context.inputs[0].shape.rank)
    var start = 0
    return context.inputs.indices.map { input in
      let end = start + context.inputs[input].shape[position]
      defer { start = end }
      return context.gradient(input) {
        context.outputGradient.applying(
          SliceOperation([SliceOperation.Range(dim: position, start: start, end: end)]))
      }
    }
  }
}
