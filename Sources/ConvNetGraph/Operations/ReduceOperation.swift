/// A sum over some dimensions, each number counting the same.
///
/// A conforming operation says how much that is; shapes, loops and the gradient stand here.
public protocol ReduceOperation: Operation {
  /// The dimensions that are added up; negative counts from the end, and none means all.
  var dims: [Int] { get }
  /// Whether they stay with size 1 instead of going away.
  var keepDims: Bool { get }

  /// What each of so many numbers counts.
  func weight<Scalar: ReferenceScalar>(count: Int) -> Scalar
}

extension ReduceOperation {
  /// `dims [2, 3]`.
  public var details: String { dims.isEmpty ? "all" : "dims \(dims)" }

  /// The input's shape without the dimensions, or with size 1 in their places.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    let x = inputs[0]
    let positions = try Dimension.checked(dims, of: x, Self.name)
    let reduced = positions.isEmpty ? Array(0..<x.rank) : positions
    let sizes = (0..<x.rank).compactMap { reduced.contains($0) ? (keepDims ? 1 : nil) : x[$0] }
    return [Shape(sizes)]
  }

  /// Adds every number to its place.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let targets = indices(of: inputs[0].shape)
    var sums = ReferenceArray<Scalar>(outputs[0])
    for (target, element) in zip(targets, inputs[0].elements) { sums.elements[target] += element }
    let weight: Scalar = weight(count: inputs[0].shape.count / max(outputs[0].count, 1))
    return [ReferenceArray(outputs[0], sums.elements.map { $0 * weight })]
  }

  /// The whole image, except where only the channels are reduced.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep {
    positions(rank: inputs[0].rank) == [1] ? .pointwise : .global
  }

  /// A ``ReduceGradient``.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let shape = context.inputs[0].shape
    let sizes = positions(rank: shape.rank).map { shape[$0] }
    return [context.outputGradient.applying(ReduceGradient(reduction: self, sizes: sizes))]
  }

  /// The dimensions from the front, in rising order.
  func positions(rank: Int) -> [Int] {
    dims.isEmpty ? Array(0..<rank) : dims.map { Dimension.position($0, rank: rank) }.sorted()
  }

  /// For each number of the input, the index of the output that it counts for.
  func indices(of input: Shape) -> [Int] {
    let reduced = positions(rank: input.rank)
    let kept = Shape(input.dimensions.indices.map { reduced.contains($0) ? 1 : input[$0] })
    return Broadcasting.indices(of: kept, in: input)
  }
}

/// The gradient of a sum or mean over dimensions: the arriving number for each that was added up.
///
/// Input: g. Output: the shape that was reduced.
public struct ReduceGradient<Reduction: ReduceOperation>: GradientOperation {
  /// The operation's name with `Gradient` behind it.
  public static var name: String { Reduction.name + "Gradient" }
  /// The sum or mean.
  public var reduction: Reduction
  /// The sizes that the reduced dimensions had, in rising order of the dimensions.
  public var sizes: [Int]

  /// The gradient of a reduction of dimensions of these sizes.
  public init(reduction: Reduction, sizes: [Int]) {
    self.reduction = reduction
    self.sizes = sizes
  }

  /// The shape that was reduced.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    let rank = reduction.keepDims ? inputs[0].rank : inputs[0].rank + sizes.count
    var dimensions = inputs[0].dimensions
    for (position, size) in zip(reduction.positions(rank: rank), sizes) {
      guard (0..<rank).contains(position) else {
        throw ConvNetError(.invalidNetwork, "\(Self.name) has no dimension \(position)")
      }
      if reduction.keepDims {
        dimensions[position] = size
      } else {
        dimensions.insert(size, at: min(position, dimensions.count))
      }
    }
    let shape = try Shape(validating: dimensions)
    try Arity.checkShape(
      inputs[0], Self.name, "a gradient", reduction.outputShapes(for: [shape])[0])
    return [shape]
  }

  /// Repeats every number.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let weight: Scalar = reduction.weight(count: outputs[0].count / max(inputs[0].shape.count, 1))
    let elements = reduction.indices(of: outputs[0]).map { inputs[0].elements[$0] * weight }
    return [ReferenceArray(outputs[0], elements)]
  }
}
