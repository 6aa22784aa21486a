/// Batch normalisation of an image's channels: PyTorch's `nn.BatchNorm2d`.
///
/// Input and output `[B, C, H, W]`. Parameters in the state dict: `weight` and `bias` (trained; with
/// `affine`), `running_mean` and `running_var` (tracked), each `[C]`. PyTorch's counter
/// `num_batches_tracked` does not exist here: with a fixed momentum nothing reads it.
public struct BatchNorm2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  /// The factor of each channel; nil without `affine`.
  public let weight: Parameter?
  /// What is added to each channel; nil without `affine`.
  public let bias: Parameter?
  /// The mean of each channel over the batches seen.
  public let running_mean: Parameter  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// The variance of each channel over the batches seen.
  public let running_var: Parameter  // swift-format-ignore: AlwaysUseLowerCamelCase
  let operation: BatchNorm2dOperation

  /// A batch normalisation.
  ///
  /// - Parameters:
  ///   - channels: the channels C of the input: PyTorch's `num_features`.
  ///   - epsilon: added to the variance.
  ///   - momentum: how far the running statistics move in a training step.
  ///   - affine: whether each channel is scaled and shifted by learned numbers.
  public init(
    _ channels: Int, epsilon: Float = 1e-5, momentum: Float = 0.1, affine: Bool = true
  ) {
    weight = affine ? Parameter([channels], .constant(1)) : nil
    bias = affine ? Parameter([channels], .constant(0)) : nil
    running_mean = Parameter([channels], .constant(0), role: .tracked)
    running_var = Parameter([channels], .constant(1), role: .tracked)
    operation = BatchNorm2dOperation(epsilon: epsilon, momentum: momentum)
  }

  /// The normalised image.
  public func forward(_ input: Value) -> Value {
    func value(_ parameter: Parameter?, _ otherwise: Float) -> Value {
      let channels = input.shape.rank > 1 ? input.shape[1] : 1
      return parameter.map { input.parameter($0) }
        ?? input.constant(Tensor([channels], repeating: otherwise))
    }
    return input.applying(
      operation, value(weight, 1), value(bias, 0), input.parameter(running_mean),
      input.parameter(running_var))
  }
}
