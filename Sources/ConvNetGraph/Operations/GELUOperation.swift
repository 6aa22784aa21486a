/// The Gaussian error linear unit: x times the share of a normal distribution below x.
///
///     y = x/2 (1 + erf(x / sqrt(2)))                              exact
///     y = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))           approximate: .tanh
///
/// Source: Hendrycks and Gimpel, "Gaussian error linear units" (2016).
public struct GELUOperation: ActivationOperation {
  /// The field's name.
  public static let name = "GELU"
  /// The function is not monotonic, so y does not tell x.
  public static let derivativeUsesOutput = false
  /// How the share is computed; PyTorch's `approximate`.
  public enum Approximation: String, Sendable, Codable {
    /// By the error function.
    case none
    /// By a hyperbolic tangent.
    case tanh
  }

  /// How the share is computed.
  public var approximate: Approximation

  /// A Gaussian error linear unit.
  public init(approximate: Approximation = .none) {
    self.approximate = approximate
  }

  /// `tanh` where it is approximated.
  public var details: String { approximate == .none ? "" : "tanh" }

  /// x times the share below x.
  public func value<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar { x * share(below: x) }

  /// The share below x, plus x times the share's derivative.
  public func derivative<Scalar: ReferenceScalar>(at point: Scalar) -> Scalar {
    let share = share(below: point)
    switch approximate {
    case .none:
      let density = Scalar.exp(-point * point / 2) / (2 * Scalar.pi).squareRoot()
      return share + point * density
    case .tanh:
      let slope = scale() * (1 + 3 * 0.044715 * point * point)
      return share + point * 2 * share * (1 - share) * slope
    }
  }

  private func share<Scalar: ReferenceScalar>(below x: Scalar) -> Scalar {
    switch approximate {
    case .none: (1 + Scalar.erf(x / Scalar(2).squareRoot())) / 2
    case .tanh: (1 + Scalar.tanh(scale() * (x + 0.044715 * x * x * x))) / 2
    }
  }

  private func scale<Scalar: ReferenceScalar>() -> Scalar { (2 / Scalar.pi).squareRoot() }
}
