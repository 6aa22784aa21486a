extension F {
  /// How far a classifier's scores are from the true classes: PyTorch's `F.cross_entropy`.
  ///
  /// - Parameters:
  ///   - input: scores `[B, C]` or `[B, C, H, W]`, not passed through softmax.
  ///   - target: class numbers `[B]` or `[B, H, W]`.
  ///   - weight: what each class counts, `[C]`; nil for equal weights.
  ///   - ignoreIndex: the target that does not count.
  ///   - labelSmoothing: the share of the target that is spread over all classes, in 0...1.
  ///   - reduction: mean (over the targets' weights) or sum.
  /// - Returns: one number, `[]`.
  public static func crossEntropy(
    _ input: Value, _ target: Value, weight: Value? = nil, ignoreIndex: Int = -100,
    labelSmoothing: Float = 0, reduction: Reduction = .mean
  ) -> Value {
    let operation = CrossEntropyLossOperation(
      labelSmoothing: labelSmoothing, ignoreIndex: ignoreIndex, reduction: reduction)
    return Value.apply(operation, to: [input, target] + (weight.map { [$0] } ?? []))[0]
  }

  /// Minus the logarithms at the true classes: PyTorch's `F.nll_loss`.
  ///
  /// - Parameters:
  ///   - input: logarithms of shares, `[B, C]` or `[B, C, H, W]`.
  ///   - target: class numbers `[B]` or `[B, H, W]`.
  ///   - weight: what each class counts, `[C]`; nil for equal weights.
  ///   - ignoreIndex: the target that does not count.
  ///   - reduction: mean (over the targets' weights) or sum.
  /// - Returns: one number, `[]`.
  public static func nllLoss(
    _ input: Value, _ target: Value, weight: Value? = nil, ignoreIndex: Int = -100,
    reduction: Reduction = .mean
  ) -> Value {
    let operation = NLLLossOperation(ignoreIndex: ignoreIndex, reduction: reduction)
    return Value.apply(operation, to: [input, target] + (weight.map { [$0] } ?? []))[0]
  }

  /// The mean of (x - target)^2: PyTorch's `F.mse_loss`.
  public static func mseLoss(
    _ input: Value, _ target: Value, reduction: Reduction = .mean
  ) -> Value {
    input.applying(MSELossOperation(reduction: reduction), target)
  }

  /// The mean of |x - target|: PyTorch's `F.l1_loss`.
  public static func l1Loss(_ input: Value, _ target: Value, reduction: Reduction = .mean) -> Value
  {
    input.applying(L1LossOperation(reduction: reduction), target)
  }

  /// An absolute error that is squared where it is below beta: PyTorch's `F.smooth_l1_loss`.
  public static func smoothL1Loss(
    _ input: Value, _ target: Value, beta: Float = 1, reduction: Reduction = .mean
  ) -> Value {
    input.applying(SmoothL1LossOperation(beta: beta, reduction: reduction), target)
  }

  /// How far sigmoid(x) is from a target in 0...1: PyTorch's
  /// `F.binary_cross_entropy_with_logits`.
  public static func binaryCrossEntropyWithLogits(
    _ input: Value, _ target: Value, reduction: Reduction = .mean
  ) -> Value {
    input.applying(BCEWithLogitsLossOperation(reduction: reduction), target)
  }
}
