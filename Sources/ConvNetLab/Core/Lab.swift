package import ConvNetEngine
package import ConvNetFormats
package import ConvNetGraph
internal import Synchronization

/// Where an experiment runs: its pictures and seeds, how much it may do, and whom it tells.
package struct Lab: Sendable {
  /// The pictures to learn from; nil where there are none.
  package var data: LabData?
  /// The user's photo; nil where there is none.
  package var photo: Image?
  /// The photo's name.
  package var photoName = ""
  /// The seeds: each gives the networks other first numbers and the pictures another order.
  package var seeds: [Int]
  /// How much is done.
  package var scale: LabScale
  /// The engine's options.
  package var options: EngineOptions
  private let counter: Counter
  private let isCancelled: @Sendable () -> Bool

  /// A place for experiments.
  ///
  /// - Parameters:
  ///   - seeds: how many seeds, counted from 0.
  ///   - onProgress: is told how far the work is, from the thread that does it.
  ///   - isCancelled: is asked now and then whether to stop.
  package init(
    data: LabData? = nil, seeds: Int = 3, scale: LabScale = .full,
    options: EngineOptions = EngineOptions(),
    onProgress: @escaping @Sendable (LabProgress) -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    self.data = data
    self.seeds = Array(0..<max(1, seeds))
    self.scale = scale
    self.options = options
    counter = Counter(onProgress)
    self.isCancelled = isCancelled
  }

  /// Runs an experiment and adds to its report what all have in common.
  package func run(_ experiment: any Experiment) throws(ConvNetError) -> LabReport {
    counter.begin(total: 1)
    let start = ContinuousClock.now
    var report = try experiment.run(self)
    report.seeds = seeds
    report.seconds = start.duration(to: .now) / .seconds(1)
    return report
  }

  /// The pictures.
  ///
  /// - Throws: ``ConvNetError`` of kind `notFound` where there are none.
  func pictures() throws(ConvNetError) -> LabData {
    guard let data else {
      throw ConvNetError(
        .notFound, "this experiment learns from pictures with classes, and there are none",
        advice: "name a data set with --data")
    }
    return data
  }

  // MARK: Progress

  /// Says how many equal pieces of work there will be.
  func expect(_ pieces: Int) { counter.begin(total: max(1, pieces)) }

  /// Says that a part, between 0 and 1, of the present piece is done.
  func tell(_ title: String, part: Double) throws(ConvNetError) {
    try checkCancelled()
    counter.tell(title, part: part)
  }

  /// Says that the present piece is done.
  func finishPiece() { counter.finishPiece() }

  /// Whether to stop.
  var isStopping: Bool { isCancelled() }

  /// Ends the experiment where it is to stop.
  func checkCancelled() throws(ConvNetError) {
    if isCancelled() { throw ConvNetError(.cancelled, "the experiment was stopped") }
  }

  /// Says what is being done, without a look at whether to stop.
  func show(_ title: String, part: Double) { counter.tell(title, part: part) }

  private final class Counter: Sendable {
    private let state = Mutex((done: 0, total: 1))
    private let report: @Sendable (LabProgress) -> Void

    init(_ report: @escaping @Sendable (LabProgress) -> Void) { self.report = report }

    func begin(total: Int) { state.withLock { $0 = (0, total) } }

    func finishPiece() { state.withLock { $0.done = min($0.done + 1, $0.total) } }

    func tell(_ title: String, part: Double) {
      let (done, total) = state.withLock { $0 }
      let steps = LabProgress.steps
      report(
        LabProgress(
          title: title, done: done * steps + Int(max(0, min(1, part)) * Double(steps)),
          total: total * steps))
    }
  }
}

/// How far an experiment is.
package struct LabProgress: Hashable, Sendable {
  /// What is being done.
  package let title: String
  /// What is done, in parts.
  package let done: Int
  /// All parts.
  package let total: Int

  static let steps = 100
}

/// How much an experiment does.
package struct LabScale: Hashable, Sendable {
  /// The pictures to learn from.
  package var training: Int
  /// The pictures to look at meanwhile.
  package var validation: Int
  /// The pictures to judge by in the end.
  package var test: Int
  /// What the numbers of epochs are multiplied with.
  package var epochs: Double
  /// The random shapes or pictures of the experiments that make their own.
  package var cases: Int

  /// A scale.
  package init(training: Int, validation: Int, test: Int, epochs: Double, cases: Int) {
    self.training = training
    self.validation = validation
    self.test = test
    self.epochs = epochs
    self.cases = cases
  }

  /// A minute or two on two cores.
  package static let full = LabScale(
    training: 6000, validation: 1000, test: 4000, epochs: 1, cases: 1000)
  /// A first look, in seconds.
  package static let quick = LabScale(
    training: 1500, validation: 500, test: 1000, epochs: 0.5, cases: 200)

  /// So many epochs in a full run; at least one.
  func epochs(_ count: Int) -> Int { max(1, Int((Double(count) * epochs).rounded())) }
}
