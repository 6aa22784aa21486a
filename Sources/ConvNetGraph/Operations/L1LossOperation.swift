/// The mean absolute error: the mean of |x - target|.
///
/// Inputs: x and a target of the same shape. Output: `[]`. Source: PyTorch's `L1Loss` page.
public struct L1LossOperation: PairLossOperation {
  /// The field's name.
  public static let name = "L1Loss"
  /// How the terms become one number.
  public var reduction: Reduction

  /// An absolute error.
  public init(reduction: Reduction = .mean) {
    self.reduction = reduction
  }

  /// The magnitude of the difference.
  public func term<Scalar: ReferenceScalar>(_ x: Scalar, _ target: Scalar) -> Scalar {
    (x - target).magnitude
  }

  /// The sign of the difference; 0 where there is none.
  public func derivative<Scalar: ReferenceScalar>(_ x: Scalar, _ target: Scalar) -> Scalar {
    x > target ? 1 : x < target ? -1 : 0
  }
}
