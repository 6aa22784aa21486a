public import ConvNetGraph

/// All settings of a training: what a run needs to be repeated.
public struct TrainingConfiguration: Hashable, Sendable {
  /// How often every picture is seen.
  public var epochs = 30
  /// The pictures per step.
  public var batch = 128
  /// The learning rate that the schedule is drawn for: its highest value.
  public var learningRate = 0.05
  /// How the learning rate goes over the training.
  public var schedule = LearningRateSchedule(.cosine(), warmupEpochs: 1)
  /// The rule of the updates.
  public var optimizer = Optimizer.sgd(momentum: 0.9, nesterov: true, weightDecay: 5e-4)
  /// Whether weight decay acts on biases and normalisation too, as PyTorch's does by default.
  public var decaysAll = true
  /// What is made small.
  public var loss = Loss.crossEntropy()
  /// The gradient's largest norm; nil for no limit.
  public var clipNorm: Double?
  /// How the pictures are varied.
  public var augmentation = Augmentation.basic
  /// Whether the mean and deviation of the channels are measured on the training pictures; otherwise
  /// the model's own are kept (fine-tuning).
  public var measuresNormalization = true
  /// Parameters whose names begin like this stay as they are, such as `layer1.`.
  public var frozen: [String] = []
  /// The one seed of everything random.
  public var seed: UInt64 = 0
  /// Whether pictures that cannot be read are passed over and listed, instead of being an error.
  public var skipsUnreadable = false
  /// The epochs without a better accuracy after which the training ends; nil for never.
  public var patience: Int?
  /// The seconds after which the training ends, at the end of a step; nil for no limit.
  public var timeLimit: Double?

  /// The usual settings for small pictures.
  public init() {}

  /// Checks the settings' ranges.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` naming the setting and its range.
  public func validate() throws(ConvNetError) {
    func check(_ what: String, _ isRight: Bool, _ range: String) throws(ConvNetError) {
      guard isRight else {
        throw ConvNetError(
          .invalidArgument, "training: \(what) is not possible", reason: "it must be \(range)")
      }
    }
    try check("\(epochs) epochs", (1...1_000_000).contains(epochs), "in 1...1000000")
    try check("a batch of \(batch)", (1...65_536).contains(batch), "in 1...65536")
    try check(
      "a learning rate of \(learningRate)", learningRate.isFinite && learningRate > 0, "above 0")
    if let clipNorm {
      try check("a gradient norm of \(clipNorm)", clipNorm.isFinite && clipNorm > 0, "above 0")
    }
    if let patience { try check("a patience of \(patience)", patience >= 1, "at least 1") }
    if let timeLimit {
      try check("a time of \(timeLimit) s", timeLimit.isFinite && timeLimit > 0, "above 0")
    }
    try optimizer.validate()
    try schedule.validate()
    try augmentation.validate()
  }
}

extension TrainingConfiguration: Codable {
  private enum CodingKeys: String, CodingKey {
    case epochs, batch, learningRate, schedule, optimizer, decaysAll, loss, clipNorm, augmentation
    case measuresNormalization, frozen, seed, skipsUnreadable, patience, timeLimit
  }

  /// Reads settings; those that are absent have their defaults.
  public init(from decoder: any Decoder) throws {
    self.init()
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func read<Setting: Decodable>(_ key: CodingKeys, _ setting: inout Setting) throws {
      setting = try container.decodeIfPresent(Setting.self, forKey: key) ?? setting
    }
    try read(.epochs, &epochs)
    try read(.batch, &batch)
    try read(.learningRate, &learningRate)
    try read(.schedule, &schedule)
    try read(.optimizer, &optimizer)
    try read(.decaysAll, &decaysAll)
    try read(.loss, &loss)
    clipNorm = try container.decodeIfPresent(Double.self, forKey: .clipNorm)
    try read(.augmentation, &augmentation)
    try read(.measuresNormalization, &measuresNormalization)
    try read(.frozen, &frozen)
    try read(.seed, &seed)
    try read(.skipsUnreadable, &skipsUnreadable)
    patience = try container.decodeIfPresent(Int.self, forKey: .patience)
    timeLimit = try container.decodeIfPresent(Double.self, forKey: .timeLimit)
    try validate()
  }
}
