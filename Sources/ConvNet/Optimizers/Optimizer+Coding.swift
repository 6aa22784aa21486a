internal import ConvNetGraph

extension Optimizer: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, momentum, dampening, nesterov, beta1, beta2, epsilon, alpha, centered, weightDecay
  }

  /// Writes the rule's name and all its settings.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    switch self {
    case .sgd(let momentum, let dampening, let nesterov, _):
      try container.encode(momentum, forKey: .momentum)
      try container.encode(dampening, forKey: .dampening)
      try container.encode(nesterov, forKey: .nesterov)
    case .adam(let beta1, let beta2, let epsilon, _), .adamW(let beta1, let beta2, let epsilon, _):
      try container.encode(beta1, forKey: .beta1)
      try container.encode(beta2, forKey: .beta2)
      try container.encode(epsilon, forKey: .epsilon)
    case .rmsprop(let alpha, let epsilon, let momentum, let centered, _):
      try container.encode(alpha, forKey: .alpha)
      try container.encode(epsilon, forKey: .epsilon)
      try container.encode(momentum, forKey: .momentum)
      try container.encode(centered, forKey: .centered)
    }
    try container.encode(weightDecay, forKey: .weightDecay)
  }

  /// Reads a rule; settings that are absent have PyTorch's defaults.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let name = try container.decode(String.self, forKey: .name)
    func number(_ key: CodingKeys, _ standard: Double) throws -> Double {
      try container.decodeIfPresent(Double.self, forKey: key) ?? standard
    }
    func flag(_ key: CodingKeys) throws -> Bool {
      try container.decodeIfPresent(Bool.self, forKey: key) ?? false
    }
    switch name {
    case "sgd":
      self = .sgd(
        momentum: try number(.momentum, 0), dampening: try number(.dampening, 0),
        nesterov: try flag(.nesterov), weightDecay: try number(.weightDecay, 0))
    case "adam":
      self = .adam(
        beta1: try number(.beta1, 0.9), beta2: try number(.beta2, 0.999),
        epsilon: try number(.epsilon, 1e-8), weightDecay: try number(.weightDecay, 0))
    case "adamw":
      self = .adamW(
        beta1: try number(.beta1, 0.9), beta2: try number(.beta2, 0.999),
        epsilon: try number(.epsilon, 1e-8), weightDecay: try number(.weightDecay, 0.01))
    case "rmsprop":
      self = .rmsprop(
        alpha: try number(.alpha, 0.99), epsilon: try number(.epsilon, 1e-8),
        momentum: try number(.momentum, 0), centered: try flag(.centered),
        weightDecay: try number(.weightDecay, 0))
    default:
      throw ConvNetError(
        .invalidData, "unknown optimizer '\(name)'",
        advice: "the optimizers are: \(Optimizer.names.joined(separator: ", "))")
    }
    try validate()
  }

  /// The names of all rules.
  public static let names = ["sgd", "adam", "adamw", "rmsprop"]
}
