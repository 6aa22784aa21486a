/// Group normalisation: brings each group of channels of each image to mean 0 and deviation 1, then
/// scales and shifts every channel.
///
///     y = (x - mean[b, group]) / sqrt(var[b, group] + epsilon) * weight[c] + bias[c]
///
/// Nothing depends on the batch, so training and inference are the same. As many groups as channels
/// is instance normalisation, one group is layer normalisation of the whole image.
///
/// Inputs: x `[B, C, ...]`, and either nothing more or weight and bias, each `[C]`. Output: as x.
/// Source: Wu and He, "Group normalization" (2018); PyTorch's `GroupNorm` page.
public struct GroupNormOperation: Operation {
  /// The field's name.
  public static let name = "GroupNorm"
  /// The number of groups that the channels are cut into.
  public var groups: Int
  /// Added to the variance.
  public var epsilon: Float

  /// A normalisation in so many groups.
  public init(groups: Int, epsilon: Float = 1e-5) {
    self.groups = groups
    self.epsilon = epsilon
  }

  /// `g8`.
  public var details: String { "g\(groups)" }

  /// The input's shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...3)
    let x = inputs[0]
    guard x.rank >= 2, inputs.count != 2 else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) expects [B, C, ...], got \(x)",
        reason: "weight and bias are given both or not at all")
    }
    try Normalisation.check(epsilon: epsilon, Self.name)
    guard groups >= 1, x[1] % groups == 0 else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot cut \(x[1]) channels into \(groups) groups",
        advice: "the number of groups must be at least 1 and divide the number of channels")
    }
    for (shape, what) in zip(inputs.dropFirst(), ["weight", "bias"]) {
      try Normalisation.checkChannels(shape, what, of: x, Self.name)
    }
    return [x]
  }

  /// The whole image: the statistics depend on all of it.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .global }

  /// Mean, then variance, then every number of each group.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let geometry = GroupGeometry(outputs[0], groups: groups)
    let x = inputs[0].elements
    var y = inputs[0]
    for group in 0..<geometry.count {
      let (mean, inverse) = geometry.statistics(x, of: group, epsilon: Scalar(epsilon))
      for index in geometry.range(of: group) {
        let normalised = (x[index] - mean) * inverse
        let c = geometry.channel(of: index)
        y.elements[index] =
          inputs.count == 3
          ? normalised * inputs[1].elements[c] + inputs[2].elements[c] : normalised
      }
    }
    return [y]
  }

  /// A ``GroupNormGradient``.
  public func gradient(_ context: GradientContext) -> [Value?] {
    Value.apply(
      GroupNormGradient(groups: groups, epsilon: epsilon),
      to: [context.outputGradient] + context.inputs.prefix(2)
    ).prefix(context.inputs.count).map { $0 }
  }
}

/// The gradient of a group normalisation.
///
/// With h = g * weight and x^ the normalised x, over the n numbers of each group:
///
///     dx = (h - sum(h) / n - x^ * sum(h * x^) / n) / sqrt(var + epsilon)
///
/// Inputs: g and x `[B, C, ...]`, and weight `[C]` where there is one. Outputs: the gradients of x,
/// weight (sum of g * x^), bias (sum of g).
public struct GroupNormGradient: GradientOperation {
  /// The field's name.
  public static let name = "GroupNormGradient"
  /// The number of groups.
  public var groups: Int
  /// Added to the variance.
  public var epsilon: Float

  /// The gradient of a normalisation with these numbers.
  public init(groups: Int, epsilon: Float) {
    self.groups = groups
    self.epsilon = epsilon
  }

  /// To x, weight and bias.
  public var outputCount: Int { 3 }

  /// The shapes of x, weight and bias.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...3)
    let x = try GroupNormOperation(groups: groups, epsilon: epsilon)
      .outputShapes(for: [inputs[1]] + inputs.dropFirst(2) + inputs.dropFirst(2))[0]
    try Arity.checkShape(inputs[0], Self.name, "a gradient", x)
    return [x, [x[1]], [x[1]]]
  }

  /// The two sums of each group, then every number.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let geometry = GroupGeometry(outputs[0], groups: groups)
    let (g, x) = (inputs[0].elements, inputs[1].elements)
    let weight =
      inputs.count == 3 ? inputs[2].elements : [Scalar](repeating: 1, count: outputs[1].count)
    var dx = ReferenceArray<Scalar>(outputs[0])
    var (dweight, dbias) = (ReferenceArray<Scalar>(outputs[1]), ReferenceArray<Scalar>(outputs[2]))
    let n = Scalar(geometry.size)
    for group in 0..<geometry.count {
      let (mean, inverse) = geometry.statistics(x, of: group, epsilon: Scalar(epsilon))
      var (sum, product): (Scalar, Scalar) = (0, 0)
      for index in geometry.range(of: group) {
        let c = geometry.channel(of: index)
        let normalised = (x[index] - mean) * inverse
        sum += g[index] * weight[c]
        product += g[index] * weight[c] * normalised
        dweight.elements[c] += g[index] * normalised
        dbias.elements[c] += g[index]
      }
      for index in geometry.range(of: group) {
        let normalised = (x[index] - mean) * inverse
        let h = g[index] * weight[geometry.channel(of: index)]
        dx.elements[index] = (h - sum / n - normalised * product / n) * inverse
      }
    }
    return [dx, dweight, dbias]
  }
}

/// Where the numbers of each group of channels of `[B, C, ...]` are: a group is one run of memory.
private struct GroupGeometry {
  /// The number of groups in the whole batch.
  let count: Int
  /// The numbers in each.
  let size: Int
  private let plane: Int
  private let channels: Int

  init(_ shape: Shape, groups: Int) {
    plane = shape.dimensions.dropFirst(2).reduce(1, *)
    channels = shape[1]
    count = shape[0] * groups
    size = channels / groups * plane
  }

  func range(of group: Int) -> Range<Int> { group * size..<(group + 1) * size }

  func channel(of index: Int) -> Int { index / plane % channels }

  @inline(__always)
  func statistics<Scalar: ReferenceScalar>(
    _ x: [Scalar], of group: Int, epsilon: Scalar
  ) -> (mean: Scalar, inverse: Scalar) {
    var (sum, squares): (Scalar, Scalar) = (0, 0)
    for index in range(of: group) { sum += x[index] }
    let mean = sum / Scalar(size)
    for index in range(of: group) { squares += (x[index] - mean) * (x[index] - mean) }
    return (mean, 1 / (squares / Scalar(size) + epsilon).squareRoot())
  }
}
