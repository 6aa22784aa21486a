/// Parts of a copy of a value written by tuples of indices: ONNX's `ScatterND`.
///
/// Inputs: x, the indices `[..., n]`, and the updates, whose shape is that of picking with them.
public struct ScatterNDOperation: Operation {
  /// The field's name.
  public static let name = "ScatterND"
  /// What a number becomes where one is written.
  public var reduction: ScatterReduction

  /// Writes by tuples.
  public init(reduction: ScatterReduction = .replace) {
    self.reduction = reduction
  }

  /// `add`.
  public var details: String { reduction.rawValue }

  /// The shape of x.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 3...3)
    let picked = try GatherNDOperation().outputShapes(for: [inputs[0], inputs[1]])
    try Arity.checkShape(inputs[2], Self.name, "updates", picked[0])
    return [inputs[0]]
  }

  /// Writes the parts in order.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var y = inputs[0]
    guard
      let geometry = try? TupleGeometry(
        inputs[0].shape, inputs[1].shape, batchDims: 0, Self.name)
    else { return [y] }
    var update = inputs[2].elements.startIndex
    for start in geometry.starts(inputs[1].elements) {
      for place in start..<(start + geometry.inner) {
        y.elements[place] = reduction.value(y.elements[place], inputs[2].elements[update])
        update += 1
      }
    }
    return [y]
  }

  /// Laid out as not an image any more.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// For sums the gradient itself and its parts; else none: such nodes stand behind a network's last
  /// trained layer.
  public func gradient(_ context: GradientContext) -> [Value?] {
    guard reduction == .add else { return [nil, nil, nil] }
    return [
      context.gradient(0) { context.outputGradient }, nil,
      context.gradient(2) {
        context.outputGradient.applying(GatherNDOperation(), context.inputs[1])
      },
    ]
  }
}
