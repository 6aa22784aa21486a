/// Group normalisation of an image's channels: PyTorch's `nn.GroupNorm`.
///
/// Input and output `[B, C, ...]`. Parameters: `weight` and `bias`, each `[C]`, with `affine`.
public struct GroupNorm: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  /// The factor of each channel; nil without `affine`.
  public let weight: Parameter?
  /// What is added to each channel; nil without `affine`.
  public let bias: Parameter?
  let operation: GroupNormOperation

  /// A group normalisation.
  ///
  /// - Parameters:
  ///   - groups: the parts that the channels are cut into: PyTorch's `num_groups`.
  ///   - channels: the channels C of the input: PyTorch's `num_channels`.
  ///   - epsilon: added to the variance.
  ///   - affine: whether each channel is scaled and shifted by learned numbers.
  public init(groups: Int, channels: Int, epsilon: Float = 1e-5, affine: Bool = true) {
    weight = affine ? Parameter([channels], .constant(1)) : nil
    bias = affine ? Parameter([channels], .constant(0)) : nil
    operation = GroupNormOperation(groups: groups, epsilon: epsilon)
  }

  /// The normalised image.
  public func forward(_ input: Value) -> Value {
    Value.apply(operation, to: [input] + [weight, bias].compactMap { $0 }.map(input.parameter))[0]
  }
}
