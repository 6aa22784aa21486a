extension F {
  /// The weighted sums of features with given weights: PyTorch's `F.linear`.
  ///
  /// - Parameters:
  ///   - input: `[..., in]`.
  ///   - weight: `[out, in]`.
  ///   - bias: `[out]`, or nil.
  /// - Returns: `[..., out]`.
  public static func linear(_ input: Value, weight: Value, bias: Value? = nil) -> Value {
    Value.apply(LinearOperation(), to: [input, weight] + (bias.map { [$0] } ?? []))[0]
  }
}
