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
}

extension Conv2dOperation {
  /// The convolution of an image (the first value); cells other than zeros are added by a
  /// ``PadOperation`` in front of it.
  func applied(to values: [Value], paddingMode: PaddingMode) -> Value {
    let (image, weights) = (values[0].shape, values[1].shape)
    guard paddingMode != .zeros, image.rank == 4, weights.rank == 4 else {
      return Value.apply(self, to: values)[0]
    }
    let size = Size2D(height: image[2], width: image[3])
    let window = window(weights: weights)
    // A window that does not fit is reported by the convolution itself.
    guard (try? window.outputSize(of: size)) != nil else {
      return Value.apply(self, to: values)[0]
    }
    var unpadded = self
    unpadded.padding = 0.padding2D
    let padded = values[0].applying(PadOperation(window.sides(for: size), mode: paddingMode))
    return Value.apply(unpadded, to: [padded] + values.dropFirst())[0]
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
