public import ConvNetEngine

/// How a model is timed.
public struct BenchmarkOptions: Hashable, Sendable {
  /// What is timed.
  public enum Work: String, Hashable, Sendable, Codable {
    /// Scores for a batch.
    case inference
    /// Loss and gradients for a batch, without the optimiser's update.
    case training
  }

  /// What is timed.
  public var work: Work
  /// The pictures that are computed at once; one row for each and each number of threads.
  public var batches: [Int]
  /// The numbers of threads.
  public var threads: [Int]
  /// The runs before the clock starts.
  public var warmup: Int
  /// The seconds that each row is measured for, at least.
  public var minimumSeconds: Double
  /// The engine's options; its number of threads is not used.
  public var engine: EngineOptions

  /// Options; one picture on all cores for two seconds by default.
  public init(
    work: Work = .inference, batches: [Int] = [1], threads: [Int] = [AvailableCores.count],
    warmup: Int = 10, minimumSeconds: Double = 2, engine: EngineOptions = EngineOptions()
  ) {
    self.work = work
    self.batches = batches
    self.threads = threads
    self.warmup = warmup
    self.minimumSeconds = minimumSeconds
    self.engine = engine
  }
}
