/// The mean squared error: the mean of (x - target)^2.
///
/// Inputs: x and a target of the same shape. Output: `[]`. Source: PyTorch's `MSELoss` page.
public struct MSELossOperation: PairLossOperation {
  /// The field's name.
  public static let name = "MSELoss"
  /// How the terms become one number.
  public var reduction: Reduction

  /// A squared error.
  public init(reduction: Reduction = .mean) {
    self.reduction = reduction
  }

  /// The square of the difference.
  public func term<Scalar: ReferenceScalar>(_ x: Scalar, _ target: Scalar) -> Scalar {
    (x - target) * (x - target)
  }

  /// Twice the difference.
  public func derivative<Scalar: ReferenceScalar>(_ x: Scalar, _ target: Scalar) -> Scalar {
    2 * (x - target)
  }
}
