/// A convolution layer with its own kernels: PyTorch's `nn.Conv2d`.
///
/// Input `[B, inChannels, H, W]`, output `[B, outChannels, H_out, W_out]` with
/// H_out = floor((H + 2P - D(K-1) - 1)/S) + 1. Parameters: `weight` `[outChannels,
/// inChannels/groups, K_h, K_w]` and `bias` `[outChannels]`, initialised as PyTorch does.
public struct Conv2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  /// The kernels.
  public let weight: Parameter
  /// One number added per output channel; nil without bias.
  public let bias: Parameter?
  let operation: Conv2dOperation
  let paddingMode: PaddingMode

  /// A convolution layer.
  ///
  /// - Parameters:
  ///   - inChannels: channels of the input.
  ///   - outChannels: number of kernels.
  ///   - kernelSize: a number or ``Size2D``.
  ///   - stride: a number or ``Size2D``.
  ///   - padding: a number, ``Size2D``, ``Padding2D`` per side, or `.same`.
  ///   - dilation: distance between a kernel's cells.
  ///   - groups: parts that the channels are cut into; `inChannels` for depthwise.
  ///   - bias: whether a number is added per output channel.
  ///   - paddingMode: what stands in the cells that padding adds; zeros unless said otherwise.
  ///   - initializer: how the kernels start; PyTorch's default where nil.
  ///   - biasInitializer: how the bias starts; PyTorch's default where nil.
  public init(
    inChannels: Int, outChannels: Int, kernelSize: some Size2DConvertible,
    stride: some Size2DConvertible = 1, padding: some Padding2DConvertible = 0,
    dilation: some Size2DConvertible = 1, groups: Int = 1, bias: Bool = true,
    paddingMode: PaddingMode = .zeros, initializer: Initializer? = nil,
    biasInitializer: Initializer? = nil
  ) {
    let kernel = kernelSize.size2D
    let inputsPerGroup = groups > 0 ? inChannels / groups : 0
    // Wrapping: a wrong size is reported by the shape check, not by a trap here.
    let fanIn = inputsPerGroup &* kernel.height &* kernel.width
    weight = Parameter(
      [outChannels, inputsPerGroup, kernel.height, kernel.width],
      initializer ?? .torchDefault(fanIn: fanIn))
    self.bias =
      bias ? Parameter([outChannels], biasInitializer ?? .torchDefault(fanIn: fanIn)) : nil
    operation = Conv2dOperation(
      stride: stride.size2D, padding: padding.padding2D, dilation: dilation.size2D, groups: groups)
    self.paddingMode = paddingMode
  }

  /// The convolution of an image.
  public func forward(_ input: Value) -> Value {
    let values = [input, input.parameter(weight)] + (bias.map { [input.parameter($0)] } ?? [])
    return operation.applied(to: values, paddingMode: paddingMode)
  }
}
