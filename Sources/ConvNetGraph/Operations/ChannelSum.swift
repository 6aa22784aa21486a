/// The sum over batch and positions for each channel: the gradient of a per-channel bias.
///
/// Input: `[B, C, ...]`. Output: `[C]`.
public struct ChannelSum: GradientOperation {
  /// The field's name.
  public static let name = "ChannelSum"

  /// A sum over everything but the channels.
  public init() {}

  /// `[C]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    guard inputs[0].rank >= 2 else {
      throw ConvNetError(.invalidNetwork, "\(Self.name) expects [B, C, ...], got \(inputs[0])")
    }
    return [[inputs[0][1]]]
  }

  /// One sum per channel.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let shape = inputs[0].shape
    let plane = shape.dimensions.dropFirst(2).reduce(1, *)
    var sums = ReferenceArray<Scalar>(outputs[0])
    for (index, element) in inputs[0].elements.enumerated() {
      sums.elements[index / plane % shape[1]] += element
    }
    return [sums]
  }
}
