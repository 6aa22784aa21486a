/// Two values combined number by number, the smaller one repeated where its size is 1 (NumPy's
/// broadcasting, as PyTorch's).
///
/// A conforming operation gives the function and its two partial derivatives as values.
public protocol BinaryOperation: Operation {
  /// The function.
  func value<Scalar: ReferenceScalar>(_ a: Scalar, _ b: Scalar) -> Scalar

  /// The gradient towards each side for the gradient `g` of the result, before broadcasting is undone.
  func partialGradients(_ a: Value, _ b: Value, _ g: Value) -> (() -> Value, () -> Value)
}

extension BinaryOperation {
  /// The broadcast shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    return [try Broadcasting.shape(inputs[0], inputs[1], operation: Self.name)]
  }

  /// The function on every pair.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let left = Broadcasting.indices(of: inputs[0].shape, in: outputs[0])
    let right = Broadcasting.indices(of: inputs[1].shape, in: outputs[0])
    let (a, b) = (inputs[0].elements, inputs[1].elements)
    return [ReferenceArray(outputs[0], zip(left, right).map { value(a[$0], b[$1]) })]
  }

  /// The partial gradients, summed over the repeated dimensions.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let (a, b) = (context.inputs[0], context.inputs[1])
    let (left, right) = partialGradients(a, b, context.outputGradient)
    return [
      context.gradient(0) { left().summed(to: a.shape) },
      context.gradient(1) { right().summed(to: b.shape) },
    ]
  }
}

/// The rules of NumPy's broadcasting.
enum Broadcasting {
  /// The common shape of two operands.
  static func shape(_ a: Shape, _ b: Shape, operation: String) throws(ConvNetError) -> Shape {
    let rank = max(a.rank, b.rank)
    var dimensions: [Int] = []
    for position in 0..<rank {
      let (m, n) = (size(a, position, rank), size(b, position, rank))
      guard m == n || m == 1 || n == 1 else {
        throw ConvNetError(
          .invalidNetwork, "\(operation) cannot combine \(a) and \(b)",
          reason: "dimension \(position) is \(m) against \(n); sizes must be equal or 1",
          advice: "a shortcut needs the shape of what it is added to: use a 1x1 convolution with "
            + "the same stride and channels")
      }
      dimensions.append(m == 1 ? n : m)
    }
    return Shape(dimensions)
  }

  /// For each element of `target`, the index of the element of `shape` that stands there.
  static func indices(of shape: Shape, in target: Shape) -> [Int] {
    let strides = shape.strides
    let missing = target.rank - shape.rank
    return GatherIndices.indices(
      target.dimensions.enumerated().map { position, size in
        let own = position - missing
        let stride = own < 0 || shape[own] == 1 ? 0 : strides[own]
        return GatherIndices.plain(size, stride: stride)
      })
  }

  private static func size(_ shape: Shape, _ position: Int, _ rank: Int) -> Int {
    let own = position - (rank - shape.rank)
    return own < 0 ? 1 : shape[own]
  }
}
