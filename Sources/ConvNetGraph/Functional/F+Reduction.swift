extension F {
  /// The mean over some dimensions: PyTorch's `torch.mean`.
  ///
  /// - Parameters:
  ///   - dims: the dimensions; none for all.
  ///   - keepDims: whether they stay with size 1.
  public static func mean(_ input: Value, dims: [Int] = [], keepDims: Bool = false) -> Value {
    input.applying(ReduceMeanOperation(dims: dims, keepDims: keepDims))
  }

  /// The sum over some dimensions: PyTorch's `torch.sum`.
  ///
  /// - Parameters:
  ///   - dims: the dimensions; none for all.
  ///   - keepDims: whether they stay with size 1.
  public static func sum(_ input: Value, dims: [Int] = [], keepDims: Bool = false) -> Value {
    input.applying(ReduceSumOperation(dims: dims, keepDims: keepDims))
  }
}
