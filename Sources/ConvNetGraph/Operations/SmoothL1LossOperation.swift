/// An absolute error that is squared near 0: d^2 / (2 beta) where |d| < beta, else |d| - beta/2.
///
/// Inputs: x and a target of the same shape, d their difference. Output: `[]`. Source: Girshick, "Fast
/// R-CNN" (2015); PyTorch's `SmoothL1Loss` page.
public struct SmoothL1LossOperation: PairLossOperation {
  /// The field's name.
  public static let name = "SmoothL1Loss"
  /// How the terms become one number.
  public var reduction: Reduction
  /// The distance below which the error is squared.
  public var beta: Float

  /// An absolute error with a squared middle.
  public init(beta: Float = 1, reduction: Reduction = .mean) {
    self.beta = beta
    self.reduction = reduction
  }

  /// beta is 0 or more.
  public func checkAttributes() throws(ConvNetError) {
    guard beta >= 0 else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot use a beta of \(beta)", reason: "it must be 0 or more"
      )
    }
  }

  /// d^2 / (2 beta), or |d| - beta/2.
  public func term<Scalar: ReferenceScalar>(_ x: Scalar, _ target: Scalar) -> Scalar {
    let distance = (x - target).magnitude
    let bend = Scalar(beta)
    return distance < bend ? distance * distance / (2 * bend) : distance - bend / 2
  }

  /// d / beta, or the sign of d.
  public func derivative<Scalar: ReferenceScalar>(_ x: Scalar, _ target: Scalar) -> Scalar {
    let difference = x - target
    if difference.magnitude < Scalar(beta) { return difference / Scalar(beta) }
    return difference > 0 ? 1 : difference < 0 ? -1 : 0
  }
}
