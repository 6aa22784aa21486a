internal import ConvNetGraph

/// What a training makes small.
public enum Loss: Hashable, Sendable {
  /// Minus the logarithm of the share that the true class gets, for scores before softmax: PyTorch's
  /// `CrossEntropyLoss`.
  ///
  /// `labelSmoothing` is the share of the target that is spread over all classes; `classWeights` is
  /// what each class counts (nil: equally).
  case crossEntropy(labelSmoothing: Double = 0, classWeights: [Double]? = nil)
  /// The mean squared difference to 1 for the true class and 0 for the others, or to a target of the
  /// outputs' shape: PyTorch's `MSELoss`.
  case meanSquaredError

  /// The shape of the target that is fed for outputs of a shape.
  func targetShape(for scores: Shape) -> Shape {
    switch self {
    case .crossEntropy:
      Shape(Array(scores.dimensions.prefix(1)) + scores.dimensions.dropFirst(2))
    case .meanSquaredError: scores
    }
  }

  /// The loss of a batch as a value.
  func callAsFunction(_ scores: Value, _ target: Value) -> Value {
    switch self {
    case .crossEntropy(let labelSmoothing, let classWeights):
      F.crossEntropy(
        scores, target,
        weight: classWeights.flatMap { weights in
          (try? Tensor([weights.count], weights.map { Float($0) })).map(scores.constant)
        },
        labelSmoothing: Float(labelSmoothing))
    case .meanSquaredError:
      F.mseLoss(scores, target)
    }
  }

  /// Writes the target of one picture into a batch's targets.
  func writeTarget(
    label: Int, position: Int, classes: Int, into target: UnsafeMutableBufferPointer<Float>
  ) {
    switch self {
    case .crossEntropy: target[position] = Float(label)
    case .meanSquaredError:
      for index in 0..<classes { target[position * classes + index] = index == label ? 1 : 0 }
    }
  }

  /// Checks the settings for a network of so many classes.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument`.
  func validate(classes: Int) throws(ConvNetError) {
    guard case .crossEntropy(let smoothing, let weights) = self else { return }
    guard smoothing >= 0, smoothing < 1 else {
      throw ConvNetError(
        .invalidArgument, "label smoothing \(smoothing) is not possible",
        reason: "it must be in 0..<1")
    }
    guard let weights else { return }
    guard weights.count == classes else {
      throw ConvNetError(
        .invalidArgument, "\(weights.count) class weights for \(classes) classes")
    }
    guard weights.allSatisfy({ $0.isFinite && $0 >= 0 }), weights.contains(where: { $0 > 0 }) else {
      throw ConvNetError(
        .invalidArgument, "class weights must be finite, at least 0, and not all 0")
    }
  }
}

extension Loss: Codable {
  private enum CodingKeys: String, CodingKey { case name, labelSmoothing, classWeights }

  /// Writes the loss's name and its settings.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .crossEntropy(let labelSmoothing, let classWeights):
      try container.encode("cross-entropy", forKey: .name)
      try container.encode(labelSmoothing, forKey: .labelSmoothing)
      try container.encodeIfPresent(classWeights, forKey: .classWeights)
    case .meanSquaredError:
      try container.encode("mse", forKey: .name)
    }
  }

  /// Reads a loss; settings that are absent have their defaults.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let name = try container.decode(String.self, forKey: .name)
    switch name {
    case "cross-entropy":
      self = .crossEntropy(
        labelSmoothing: try container.decodeIfPresent(Double.self, forKey: .labelSmoothing) ?? 0,
        classWeights: try container.decodeIfPresent([Double].self, forKey: .classWeights))
    case "mse":
      self = .meanSquaredError
    default:
      throw ConvNetError(
        .invalidData, "unknown loss '\(name)'", advice: "the losses are: cross-entropy, mse")
    }
  }
}
