/// The largest or smallest numbers along a dimension, in order, and where they stand: PyTorch's
/// `torch.topk`.
///
/// Of equal numbers the one in front comes first. Outputs: the numbers, and their positions as whole
/// numbers in Float32.
public struct TopKOperation: Operation {
  /// The field's name.
  public static let name = "TopK"
  /// How many.
  public var count: Int
  /// The dimension; negative counts from the end.
  public var dim: Int
  /// Whether the largest are wanted, not the smallest.
  public var largest: Bool

  /// The `count` first in order along a dimension.
  public init(count: Int, dim: Int = -1, largest: Bool = true) {
    self.count = count
    self.dim = dim
    self.largest = largest
  }

  /// `k5 dim -1`.
  public var details: String { "k\(count) dim \(dim)" }

  /// Numbers and positions.
  public var outputCount: Int { 2 }

  /// The input's shape with `count` along the dimension, twice.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    var sizes = inputs[0].dimensions
    let position = try Dimension.checked(dim, of: inputs[0], Self.name)
    guard (0...sizes[position]).contains(count) else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot take \(count) of \(sizes[position]) numbers",
        reason: "dimension \(dim) of \(inputs[0]) has no more")
    }
    sizes[position] = count
    return [Shape(sizes), Shape(sizes)]
  }

  /// Sorts every line.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var (values, places) = (ReferenceArray<Scalar>(outputs[0]), ReferenceArray<Scalar>(outputs[1]))
    guard count > 0 else { return [values, places] }
    let (sources, targets) = (
      DimensionLines(dim, of: inputs[0].shape), DimensionLines(dim, of: outputs[0])
    )
    let x = inputs[0].elements
    for (source, target) in zip(sources.starts, targets.starts) {
      let line = sources.indices(from: source).map { x[$0] }
      let order = line.indices.sorted { a, b in
        if line[a] != line[b] { return (line[a] > line[b]) == largest }
        return a < b
      }
      for (place, index) in zip(order, targets.indices(from: target)) {
        values.elements[index] = line[place]
        places.elements[index] = Scalar(place)
      }
    }
    return [values, places]
  }

  /// Everything along the dimension.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// None: the choice stands behind a network's last trained layer.
  public func gradient(_ context: GradientContext) -> [Value?] { [nil] }
}
