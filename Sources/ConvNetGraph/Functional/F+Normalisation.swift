extension F {
  /// The batch normalisation of an image with given statistics: PyTorch's `F.batch_norm`.
  ///
  /// - Parameters:
  ///   - input: `[B, C, H, W]`.
  ///   - runningMean: the mean of each channel, `[C]`.
  ///   - runningVariance: the variance of each channel, `[C]`.
  ///   - weight: the factor of each channel, `[C]`.
  ///   - bias: what is added to each channel, `[C]`.
  /// - Returns: `[B, C, H, W]`.
  public static func batchNorm2d(
    _ input: Value, runningMean: Value, runningVariance: Value, weight: Value, bias: Value,
    epsilon: Float = 1e-5, momentum: Float = 0.1
  ) -> Value {
    input.applying(
      BatchNorm2dOperation(epsilon: epsilon, momentum: momentum), weight, bias, runningMean,
      runningVariance)
  }

  /// The normalisation of each group of channels of each image: PyTorch's `F.group_norm`.
  ///
  /// - Parameters:
  ///   - input: `[B, C, ...]`.
  ///   - groups: the parts that the channels are cut into.
  ///   - weight: the factor of each channel, `[C]`, or nil; given together with `bias`.
  ///   - bias: what is added to each channel, `[C]`, or nil.
  /// - Returns: the input's shape.
  public static func groupNorm(
    _ input: Value, groups: Int, weight: Value? = nil, bias: Value? = nil, epsilon: Float = 1e-5
  ) -> Value {
    Value.apply(
      GroupNormOperation(groups: groups, epsilon: epsilon),
      to: [input] + [weight, bias].compactMap { $0 })[0]
  }

  /// The division by the responses of neighbouring channels: PyTorch's `F.local_response_norm`.
  public static func localResponseNorm(
    _ input: Value, size: Int, alpha: Float = 1e-4, beta: Float = 0.75, k: Float = 1
  ) -> Value {
    input.applying(LocalResponseNormOperation(size: size, alpha: alpha, beta: beta, k: k))
  }
}
