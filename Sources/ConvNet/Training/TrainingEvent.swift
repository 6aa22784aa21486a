/// What a training tells while it goes on.
public enum TrainingEvent: Sendable {
  /// The training begins or goes on.
  case started(TrainingOutline)
  /// A step is done.
  case step(TrainingStep)
  /// A part of the evaluation pictures is done.
  case evaluating(done: Int, of: Int)
  /// An epoch is done, evaluation included.
  case epoch(EpochReport)
  /// A picture was passed over.
  case unreadable(UnreadablePicture)
  /// The training has ended.
  case finished(TrainingResult)
}

/// The sizes of a training.
public struct TrainingOutline: Hashable, Sendable, Codable {
  /// The epochs in all.
  public var epochs: Int
  /// The epochs that are done already.
  public var firstEpoch: Int
  /// The steps of one epoch.
  public var stepsPerEpoch: Int
  /// The pictures per step.
  public var batch: Int
  /// The pictures to learn from.
  public var trainingCount: Int
  /// The pictures of a last incomplete batch, which each epoch leaves out; other ones each time.
  public var leftOutPerEpoch: Int
  /// The pictures to evaluate with.
  public var evaluationCount: Int
  /// The bytes of all temporary values of a step.
  public var arenaBytes: Int
}

/// One step of a training.
public struct TrainingStep: Hashable, Sendable, Codable {
  /// Counts from 1 over the whole training.
  public var step: Int
  /// Counts from 1.
  public var epoch: Int
  /// The steps done in this epoch.
  public var stepInEpoch: Int
  /// The steps of one epoch.
  public var stepsPerEpoch: Int
  /// The loss of this step's batch.
  public var loss: Double
  /// The mean loss of the epoch so far.
  public var meanLoss: Double
  /// The share of the epoch's pictures so far whose class came first.
  public var accuracy: Double
  /// The learning rate of this step.
  public var learningRate: Double
  /// The gradient's norm before clipping; nil where it is not clipped.
  public var gradientNorm: Double?
  /// The pictures per second in this epoch so far.
  public var imagesPerSecond: Double
}

/// One epoch of a training.
public struct EpochReport: Hashable, Sendable, Codable {
  /// Counts from 1.
  public var epoch: Int
  /// The steps done in the whole training.
  public var step: Int
  /// The learning rate of the last step.
  public var learningRate: Double
  /// The mean loss over the epoch's batches, while the weights were changing.
  public var trainingLoss: Double
  /// The share of training pictures whose class came first, while the weights were changing.
  public var trainingAccuracy: Double
  /// The mean loss over the evaluation pictures; nil where there are none.
  public var evaluationLoss: Double?
  /// The share of evaluation pictures whose class came first; nil where there are none.
  public var evaluationAccuracy: Double?
  /// The training pictures per second.
  public var imagesPerSecond: Double
  /// The seconds of the epoch, evaluation included.
  public var seconds: Double
  /// Whether no epoch before it was as good.
  public var isBest: Bool
}

/// How a training ended.
public struct TrainingResult: Hashable, Sendable, Codable {
  /// Why it ended.
  public enum Reason: String, Hashable, Sendable, Codable {
    /// All epochs are done.
    case completed
    /// ``Trainer/stop()`` was called.
    case stopped
    /// The time is over.
    case timeLimit
    /// No better epoch came for as long as the configuration allows.
    case patience
  }

  /// Why it ended.
  public var reason: Reason
  /// All epochs.
  public var history: [EpochReport]
  /// The best epoch, counted from 1; nil where none was finished.
  public var bestEpoch: Int?
  /// The pictures that were passed over.
  public var unreadable: [UnreadablePicture]
  /// The seconds of the training, those before a resume included.
  public var seconds: Double
}
