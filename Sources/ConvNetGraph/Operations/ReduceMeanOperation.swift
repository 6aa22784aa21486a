/// The mean over some dimensions: PyTorch's `torch.mean`.
public struct ReduceMeanOperation: ReduceOperation {
  /// The field's name.
  public static let name = "ReduceMean"
  /// The dimensions that are added up; negative counts from the end, and none means all.
  public var dims: [Int]
  /// Whether they stay with size 1 instead of going away.
  public var keepDims: Bool

  /// A mean over these dimensions.
  public init(dims: [Int] = [], keepDims: Bool = false) {
    self.dims = dims
    self.keepDims = keepDims
  }

  /// 1/count.
  public func weight<Scalar: ReferenceScalar>(count: Int) -> Scalar { 1 / Scalar(count) }
}
