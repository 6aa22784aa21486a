extension F {
  /// The convolution of `input` with given kernels: PyTorch's `F.conv2d`.
  ///
  /// - Parameters:
  ///   - input: `[B, C_in, H, W]`.
  ///   - weight: `[C_out, C_in/groups, K_h, K_w]`.
  ///   - bias: `[C_out]`, or nil.
  ///   - paddingMode: what stands in the cells that padding adds.
  /// - Returns: `[B, C_out, H_out, W_out]`.
  public static func conv2d(
    _ input: Value, weight: Value, bias: Value? = nil, stride: some Size2DConvertible = 1,
    padding: some Padding2DConvertible = 0, dilation: some Size2DConvertible = 1, groups: Int = 1,
    paddingMode: PaddingMode = .zeros
  ) -> Value {
    let operation = Conv2dOperation(
      stride: stride.size2D, padding: padding.padding2D, dilation: dilation.size2D, groups: groups)
    return operation.applied(
      to: [input, weight] + (bias.map { [$0] } ?? []), paddingMode: paddingMode)
  }

  /// The convolution of `input` with kernels whose numbers are given.
  public static func conv2d(
    _ input: Value, weight: Tensor, bias: Tensor? = nil, stride: some Size2DConvertible = 1,
    padding: some Padding2DConvertible = 0, dilation: some Size2DConvertible = 1, groups: Int = 1,
    paddingMode: PaddingMode = .zeros
  ) -> Value {
    conv2d(
      input, weight: input.constant(weight), bias: bias.map(input.constant), stride: stride,
      padding: padding, dilation: dilation, groups: groups, paddingMode: paddingMode)
  }

  /// The transposed convolution of `input` with given kernels: PyTorch's `F.conv_transpose2d`.
  ///
  /// - Parameters:
  ///   - input: `[B, C_in, H, W]`.
  ///   - weight: `[C_in, C_out/groups, K_h, K_w]`.
  ///   - bias: `[C_out]`, or nil.
  /// - Returns: `[B, C_out, H_out, W_out]`.
  public static func convTranspose2d(
    _ input: Value, weight: Value, bias: Value? = nil, stride: some Size2DConvertible = 1,
    padding: some Padding2DConvertible = 0, outputPadding: some Size2DConvertible = 0,
    dilation: some Size2DConvertible = 1, groups: Int = 1
  ) -> Value {
    let operation = ConvTranspose2dOperation(
      stride: stride.size2D, padding: padding.padding2D, outputPadding: outputPadding.size2D,
      dilation: dilation.size2D, groups: groups)
    return Value.apply(operation, to: [input, weight] + (bias.map { [$0] } ?? []))[0]
  }
}
