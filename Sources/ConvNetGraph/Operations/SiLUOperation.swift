/// The sigmoid linear unit x / (1 + e^-x), also called Swish.
///
/// Source: Elfwing et al. (2017), Ramachandran et al., "Searching for activation functions" (2017).
public struct SiLUOperation: ActivationOperation {
  /// The field's name.
  public static let name = "SiLU"
  /// The function is not monotonic, so y does not tell x.
  public static let derivativeUsesOutput = false

  /// A sigmoid linear unit.
  public init() {}

  /// x times its sigmoid.
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar { x * sigmoid(x) }

  /// s (1 + x (1 - s)) with s the sigmoid of x.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar {
    let share = sigmoid(point)
    return share * (1 + point * (1 - share))
  }
}
