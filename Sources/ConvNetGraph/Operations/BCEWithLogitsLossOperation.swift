/// The binary cross-entropy of scores: how far sigmoid(x) is from a target in 0...1.
///
///     -target ln(sigmoid(x)) - (1 - target) ln(1 - sigmoid(x))
///         = max(x, 0) - x target + ln(1 + e^-|x|)
///
/// Inputs: scores x and a target of the same shape. Output: `[]`. Source: PyTorch's
/// `BCEWithLogitsLoss` page.
public struct BCEWithLogitsLossOperation: PairLossOperation {
  /// The field's name.
  public static let name = "BCEWithLogitsLoss"
  /// How the terms become one number.
  public var reduction: Reduction

  /// A binary cross-entropy.
  public init(reduction: Reduction = .mean) {
    self.reduction = reduction
  }

  /// The second form, which does not overflow.
  public func term<Scalar: ReferenceScalar>(_ x: Scalar, _ target: Scalar) -> Scalar {
    max(x, 0) - x * target + Scalar.log1p(Scalar.exp(-x.magnitude))
  }

  /// sigmoid(x) - target.
  public func derivative<Scalar: ReferenceScalar>(_ x: Scalar, _ target: Scalar) -> Scalar {
    sigmoid(x) - target
  }

  /// -x.
  public func targetDerivative<Scalar: ReferenceScalar>(_ x: Scalar, _ target: Scalar) -> Scalar {
    -x
  }
}
