/// Numbers set to 0 at random while training, the others enlarged by 1/(1-p): a network that cannot
/// rely on single cells learns to spread what it knows.
///
/// Outside training it changes nothing. The training form multiplies by a ``DropoutMask``. Source:
/// Srivastava et al., "Dropout" (2014); Tompson et al., "Efficient object localization using
/// convolutional networks" (2015) for whole channels.
public struct DropoutOperation: Operation {
  /// The field's name.
  public static let name = "Dropout"
  /// The share p of numbers that are set to 0.
  public var probability: Float
  /// Whether whole channels are dropped instead of single numbers: PyTorch's `Dropout2d`.
  public var wholeChannels: Bool

  /// A dropout with this probability.
  public init(probability: Float = 0.5, wholeChannels: Bool = false) {
    self.probability = probability
    self.wholeChannels = wholeChannels
  }

  /// `p 0.5`.
  public var details: String { "p \(probability)" + (wholeChannels ? " channels" : "") }

  /// The input's shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    try checkAttributes(input: inputs[0])
    return [inputs[0]]
  }

  /// The shape of the mask for an input: the input's, or `[B, C, 1, ...]` for whole channels.
  func maskShape(input: Shape) -> Shape {
    guard wholeChannels else { return input }
    return Shape(input.dimensions.prefix(2) + input.dimensions.dropFirst(2).map { _ in 1 })
  }

  func checkAttributes(input: Shape) throws(ConvNetError) {
    guard (0...1).contains(probability) else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot drop a share of \(probability)",
        reason: "the probability must be in 0...1")
    }
    guard !wholeChannels || input.rank >= 2 else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) of whole channels expects [B, C, ...], got \(input)")
    }
  }

  /// The input unchanged.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    [inputs[0]]
  }

  /// The gradient unchanged.
  public func gradient(_ context: GradientContext) -> [Value?] { [context.outputGradient] }

  /// The input times a ``DropoutMask``, whose gradient is a product with the same mask.
  public func trainingForm(_ context: TrainingContext) -> [Value]? {
    guard probability > 0 else { return nil }
    let mask = DropoutMask(dropout: self, stream: context.nodeIndex)
    return [context.inputs[0] * context.inputs[0].applying(mask, context.randomKey)]
  }
}

/// The factors of a dropout: 0 with probability p, else 1/(1-p).
///
/// Factor i takes the 32-bit word i % 4 of block i / 4 of ``CounterRandom`` with the key's seed and
/// the node's stream; it is 0 where word / 2^32 < p. So any factor can be computed alone and is the
/// same at any thread count.
///
/// Inputs: x, of which only the shape is used, and a ``RandomKey`` `[4]`. Output: the shape of x, or
/// `[B, C, 1, ...]` for whole channels.
public struct DropoutMask: GradientOperation {
  /// The field's name.
  public static let name = "DropoutMask"
  /// The dropout.
  public var dropout: DropoutOperation
  /// What tells this node's random numbers from those of others.
  public var stream: Int

  /// The factors of a dropout, random in a stream of their own.
  public init(dropout: DropoutOperation, stream: Int) {
    self.dropout = dropout
    self.stream = stream
  }

  /// The shape of x, or `[B, C, 1, ...]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    try Arity.checkShape(inputs[1], Self.name, "a random key", [4])
    try dropout.checkAttributes(input: inputs[0])
    return [dropout.maskShape(input: inputs[0])]
  }

  /// Factor by factor.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let key = inputs[1].elements.map { Float($0) }
    let random = CounterRandom(
      seed: RandomKey.seed(key[0], key[1], key[2], key[3]),
      stream: UInt64(truncatingIfNeeded: stream))
    let threshold = Double(dropout.probability) * 0x1p32
    let kept = dropout.probability < 1 ? 1 / (1 - Scalar(dropout.probability)) : 0
    var factors = ReferenceArray<Scalar>(outputs[0])
    for index in factors.elements.indices {
      let word = random.words(at: UInt64(index / 4))[index % 4]
      factors.elements[index] = Double(word) < threshold ? 0 : kept
    }
    return [factors]
  }
}
