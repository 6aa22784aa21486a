/// Instance normalisation, each channel of each image by itself: PyTorch's `nn.InstanceNorm2d`.
///
/// It is a ``GroupNormOperation`` with a group per channel. Input and output `[B, C, H, W]`.
/// Parameters: `weight` and `bias`, each `[C]`, with `affine`. Running statistics (PyTorch's
/// `track_running_stats`, off by default there) do not exist.
public struct InstanceNorm2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  /// The factor of each channel; nil without `affine`.
  public let weight: Parameter?
  /// What is added to each channel; nil without `affine`.
  public let bias: Parameter?
  let operation: GroupNormOperation

  /// An instance normalisation.
  ///
  /// - Parameters:
  ///   - channels: the channels C of the input: PyTorch's `num_features`.
  ///   - epsilon: added to the variance.
  ///   - affine: whether each channel is scaled and shifted by learned numbers.
  public init(_ channels: Int, epsilon: Float = 1e-5, affine: Bool = false) {
    weight = affine ? Parameter([channels], .constant(1)) : nil
    bias = affine ? Parameter([channels], .constant(0)) : nil
    operation = GroupNormOperation(groups: channels, epsilon: epsilon)
  }

  /// The normalised image.
  public func forward(_ input: Value) -> Value {
    let channels = operation.groups
    guard input.shape.rank != 4 || input.shape[1] == channels else {
      return input.failing(
        ConvNetError(
          .invalidNetwork, "InstanceNorm2d expects \(channels) channels, got \(input.shape[1])",
          reason: "the input is \(input.shape)",
          advice: "use InstanceNorm2d(\(input.shape[1])): as many as the layer before it gives"))
    }
    return Value.apply(
      operation, to: [input] + [weight, bias].compactMap { $0 }.map(input.parameter))[0]
  }
}
