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
}
