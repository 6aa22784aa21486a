/// Parts of a value picked by number along a dimension: PyTorch's `index_select`, with indices of any
/// shape.
///
///     y[a..., i..., b...] = x[a..., index[i...], b...]
///
/// Inputs: x, and the indices as whole numbers in Float32; negative ones count from the end. An index
/// outside reads the nearest part: numbers that are known only while the network runs cannot be an
/// error.
public struct GatherOperation: Operation {
  /// The field's name.
  public static let name = "Gather"
  /// The dimension; negative counts from the end.
  public var dim: Int

  /// Picks along a dimension.
  public init(dim: Int) {
    self.dim = dim
  }

  /// `dim 0`.
  public var details: String { "dim \(dim)" }

  /// The dimension's size replaced by the indices' shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    let x = inputs[0]
    let position = try Dimension.checked(dim, of: x, Self.name)
    guard x[position] > 0 || inputs[1].count == 0 else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) has nothing to pick from in \(x)",
        reason: "dimension \(dim) is empty")
    }
    return [
      Shape(
        x.dimensions[..<position] + inputs[1].dimensions + x.dimensions[(position + 1)...])
    ]
  }

  /// Reads the parts.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    [inputs[0].gathered(sources(of: inputs[0].shape, inputs[1].elements), shape: outputs[0])]
  }

  /// The index in x of every number of the output.
  func sources<Scalar: ReferenceScalar>(of x: Shape, _ indices: [Scalar]) -> [Int] {
    let position = Dimension.position(dim, rank: x.rank)
    let outer = x.dimensions[..<position].reduce(1, *)
    let inner = x.dimensions[(position + 1)...].reduce(1, *)
    let size = x[position]
    return GatherIndices.indices([
      GatherIndices.plain(outer, stride: size * inner),
      indices.map { Dimension.clamped($0, size: size) * inner },
      GatherIndices.plain(inner, stride: 1),
    ])
  }

  /// Laid out as not an image any more.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// A ``GatherGradient`` for x, none for the indices.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let x = context.inputs[0].shape
    let size = x[Dimension.position(dim, rank: x.rank)]
    return [
      context.gradient(0) {
        context.outputGradient.applying(
          GatherGradient(gather: self, size: size, rank: x.rank), context.inputs[1])
      }, nil,
    ]
  }
}

extension Dimension {
  /// A position given as a number: negative counts from the end, outside is the nearest inside.
  static func clamped<Scalar: ReferenceScalar>(_ number: Scalar, size: Int) -> Int {
    guard number.isFinite, number.magnitude < Scalar(Shape.maximumDimension) else {
      return number > 0 ? max(size - 1, 0) : 0
    }
    let whole = Int(number)
    return max(0, min(whole < 0 ? whole + size : whole, size - 1))
  }
}

/// The gradient of picking: what arrived at a part goes to where it was read.
///
/// Inputs: g and the indices. Output: the shape that was picked from.
public struct GatherGradient: GradientOperation {
  /// The field's name.
  public static let name = "GatherGradient"
  /// The picking.
  public var gather: GatherOperation
  /// The size of the dimension that was picked from.
  public var size: Int
  /// The number of dimensions of what was picked from.
  public var rank: Int

  /// The gradient of picking from a dimension of this size.
  public init(gather: GatherOperation, size: Int, rank: Int) {
    self.gather = gather
    self.size = size
    self.rank = rank
  }

  /// The shape that was picked from.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    var sizes = inputs[0].dimensions
    let position = Dimension.position(gather.dim, rank: rank)
    let end = position.addingReportingOverflow(inputs[1].rank)
    guard position >= 0, !end.overflow, end.partialValue <= sizes.count else {
      throw ConvNetError(.invalidNetwork, "\(Self.name) has no dimension \(gather.dim)")
    }
    sizes.replaceSubrange(position..<end.partialValue, with: [size])
    let shape = try Shape(validating: sizes)
    try Arity.checkShape(
      inputs[0], Self.name, "a gradient", gather.outputShapes(for: [shape, inputs[1]])[0])
    return [shape]
  }

  /// Adds every number to the place it was read from.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    [inputs[0].scattered(gather.sources(of: outputs[0], inputs[1].elements), shape: outputs[0])]
  }
}
