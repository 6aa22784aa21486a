internal import ConvNetGraph

extension LearningRateSchedule: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, epochs, gamma, minimum, rise, initialDivisor, finalDivisor, warmupEpochs
  }

  /// The names of all curves.
  public static let names = ["constant", "step", "cosine", "onecycle"]

  /// The curve's name on the command line and in files.
  public var name: String {
    switch curve {
    case .constant: "constant"
    case .step: "step"
    case .cosine: "cosine"
    case .oneCycle: "onecycle"
    }
  }

  /// Writes the curve's name, its settings and the warm-up.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    switch curve {
    case .constant: break
    case .step(let epochs, let gamma):
      try container.encode(epochs, forKey: .epochs)
      try container.encode(gamma, forKey: .gamma)
    case .cosine(let minimum):
      try container.encode(minimum, forKey: .minimum)
    case .oneCycle(let rise, let initialDivisor, let finalDivisor):
      try container.encode(rise, forKey: .rise)
      try container.encode(initialDivisor, forKey: .initialDivisor)
      try container.encode(finalDivisor, forKey: .finalDivisor)
    }
    try container.encode(warmupEpochs, forKey: .warmupEpochs)
  }

  /// Reads a schedule; settings that are absent have their defaults.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let name = try container.decode(String.self, forKey: .name)
    func number(_ key: CodingKeys, _ standard: Double) throws -> Double {
      try container.decodeIfPresent(Double.self, forKey: key) ?? standard
    }
    switch name {
    case "constant": curve = .constant
    case "step":
      curve = .step(
        epochs: try container.decode(Double.self, forKey: .epochs),
        gamma: try number(.gamma, 0.1))
    case "cosine": curve = .cosine(minimum: try number(.minimum, 0))
    case "onecycle":
      curve = .oneCycle(
        rise: try number(.rise, 0.3), initialDivisor: try number(.initialDivisor, 25),
        finalDivisor: try number(.finalDivisor, 1e4))
    default:
      throw ConvNetError(
        .invalidData, "unknown schedule '\(name)'",
        advice: "the schedules are: \(LearningRateSchedule.names.joined(separator: ", "))")
    }
    warmupEpochs = try number(.warmupEpochs, 0)
    try validate()
  }
}
