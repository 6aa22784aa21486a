/// Local response normalisation: divides every number by a power of the mean square of the channels
/// around it.
///
///     y[c] = x[c] / (k + alpha / size * sum of x[c']^2)^beta
///
/// over the `size` channels c' from c - size/2 on; channels outside the image count as 0. Input and
/// output `[B, C, ...]`. Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep
/// convolutional neural networks" (2012), with alpha divided by `size` as on PyTorch's
/// `LocalResponseNorm` page.
public struct LocalResponseNormOperation: Operation {
  /// The field's name.
  public static let name = "LocalResponseNorm"
  /// The number of channels looked at.
  public var size: Int
  /// The weight of the mean square.
  public var alpha: Float
  /// The power.
  public var beta: Float
  /// What is added to the mean square.
  public var k: Float

  /// A normalisation with these numbers.
  public init(size: Int, alpha: Float = 1e-4, beta: Float = 0.75, k: Float = 1) {
    self.size = size
    self.alpha = alpha
    self.beta = beta
    self.k = k
  }

  /// `n5`.
  public var details: String { "n\(size)" }

  /// The input's shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    guard inputs[0].rank >= 2 else {
      throw ConvNetError(.invalidNetwork, "\(Self.name) expects [B, C, ...], got \(inputs[0])")
    }
    guard size >= 1 else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot look at \(size) channels",
        reason: "size must be at least 1")
    }
    return [inputs[0]]
  }

  /// The formula on every number.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var y = inputs[0]
    forEachNeighbourhood(outputs[0]) { index, neighbours in
      y.elements[index] *= Scalar.pow(base(inputs[0].elements, neighbours), -Scalar(beta))
    }
    return [y]
  }

  /// A ``LocalResponseNormGradient``.
  public func gradient(_ context: GradientContext) -> [Value?] {
    [
      context.outputGradient.applying(
        LocalResponseNormGradient(normalisation: self), context.inputs[0])
    ]
  }

  /// k + alpha / size * sum of squares.
  @inline(__always)
  func base<Scalar: ReferenceScalar>(
    _ x: [Scalar], _ neighbours: StrideTo<Int>
  ) -> Scalar {
    var sum: Scalar = 0
    for neighbour in neighbours { sum += x[neighbour] * x[neighbour] }
    return Scalar(k) + Scalar(alpha) / Scalar(size) * sum
  }

  /// Calls `body` for every number with its index and those of its neighbours in other channels.
  @inline(__always)
  func forEachNeighbourhood(_ shape: Shape, _ body: (Int, StrideTo<Int>) -> Void) {
    let (channels, plane) = (shape[1], shape.dimensions.dropFirst(2).reduce(1, *))
    for index in 0..<shape.count {
      let c = index / plane % channels
      // Compared by subtraction: a huge size from a file must not overflow.
      let before = min(c, size / 2)
      let after = min(channels - 1 - c, (size - 1) / 2)
      body(
        index,
        stride(from: index - before * plane, to: index + (after + 1) * plane, by: plane))
    }
  }
}

/// The gradient of a local response normalisation.
///
/// With D the base of the power at each number:
///
///     dx[j] = g[j] * D[j]^-beta - 2 * alpha / size * beta * x[j] * sum of g[c] * x[c] * D[c]^(-beta-1)
///
/// over the channels c that look at j. Inputs: g and x. Output: as x.
public struct LocalResponseNormGradient: GradientOperation {
  /// The field's name.
  public static let name = "LocalResponseNormGradient"
  /// The normalisation whose gradient this is.
  public var normalisation: LocalResponseNormOperation

  /// The gradient of this normalisation.
  public init(normalisation: LocalResponseNormOperation) {
    self.normalisation = normalisation
  }

  /// The input's shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    try Arity.checkShape(inputs[0], Self.name, "a gradient", inputs[1])
    return try normalisation.outputShapes(for: [inputs[1]])
  }

  /// Every number gives its share to itself and to the channels it looked at.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let (g, x) = (inputs[0].elements, inputs[1].elements)
    let beta = Scalar(normalisation.beta)
    let factor = 2 * Scalar(normalisation.alpha) / Scalar(normalisation.size) * beta
    var dx = ReferenceArray<Scalar>(outputs[0])
    normalisation.forEachNeighbourhood(outputs[0]) { index, neighbours in
      let base = normalisation.base(x, neighbours)
      let power = Scalar.pow(base, -beta)
      dx.elements[index] += g[index] * power
      let share = factor * g[index] * x[index] * power / base
      for neighbour in neighbours { dx.elements[neighbour] -= share * x[neighbour] }
    }
    return [dx]
  }
}
