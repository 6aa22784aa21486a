/// The sum over some dimensions: PyTorch's `torch.sum`.
public struct ReduceSumOperation: ReduceOperation {
  /// The field's name.
  public static let name = "ReduceSum"
  /// The dimensions that are added up; negative counts from the end, and none means all.
  public var dims: [Int]
  /// Whether they stay with size 1 instead of going away.
  public var keepDims: Bool

  /// A sum over these dimensions.
  public init(dims: [Int] = [], keepDims: Bool = false) {
    self.dims = dims
    self.keepDims = keepDims
  }

  /// 1: a sum counts every number whole.
  public func weight<Scalar: ReferenceScalar>(count: Int) -> Scalar { 1 }
}
