/// A transposed convolution layer with its own kernels: PyTorch's `nn.ConvTranspose2d`.
///
/// Input `[B, inChannels, H, W]`, output `[B, outChannels, H_out, W_out]` with H_out = (H - 1)*S -
/// 2P + D(K-1) + outputPadding + 1. Parameters: `weight` `[inChannels, outChannels/groups, K_h, K_w]`
/// and `bias` `[outChannels]`, initialised as PyTorch does.
public struct ConvTranspose2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  /// The kernels.
  public let weight: Parameter
  /// One number added per output channel; nil without bias.
  public let bias: Parameter?
  let operation: ConvTranspose2dOperation

  /// A transposed convolution layer.
  ///
  /// - Parameters:
  ///   - inChannels: channels of the input.
  ///   - outChannels: channels of the output.
  ///   - kernelSize: a number or ``Size2D``.
  ///   - stride: how far apart neighbouring numbers paint: a number or ``Size2D``.
  ///   - padding: what is cut off: a number, ``Size2D``, ``Padding2D`` per side, or `.same`.
  ///   - outputPadding: rows and columns added at the bottom and right.
  ///   - dilation: distance between a kernel's cells.
  ///   - groups: parts that the channels are cut into.
  ///   - bias: whether a number is added per output channel.
  ///   - initializer: how the kernels start; PyTorch's default where nil.
  public init(
    inChannels: Int, outChannels: Int, kernelSize: some Size2DConvertible,
    stride: some Size2DConvertible = 1, padding: some Padding2DConvertible = 0,
    outputPadding: some Size2DConvertible = 0, dilation: some Size2DConvertible = 1,
    groups: Int = 1, bias: Bool = true, initializer: Initializer? = nil
  ) {
    let kernel = kernelSize.size2D
    let outputsPerGroup = groups > 0 ? outChannels / groups : 0
    // PyTorch counts the second dimension of the weights, which are the outputs here.
    let fanIn = outputsPerGroup &* kernel.height &* kernel.width
    weight = Parameter(
      [inChannels, outputsPerGroup, kernel.height, kernel.width],
      initializer ?? .torchDefault(fanIn: fanIn))
    self.bias = bias ? Parameter([outChannels], .torchDefault(fanIn: fanIn)) : nil
    operation = ConvTranspose2dOperation(
      stride: stride.size2D, padding: padding.padding2D, outputPadding: outputPadding.size2D,
      dilation: dilation.size2D, groups: groups)
  }

  /// The transposed convolution of an image.
  public func forward(_ input: Value) -> Value {
    let values = [input, input.parameter(weight)] + (bias.map { [input.parameter($0)] } ?? [])
    return Value.apply(operation, to: values)[0]
  }
}
