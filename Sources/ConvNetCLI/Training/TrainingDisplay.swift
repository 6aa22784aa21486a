internal import ConvNet
internal import ConvNetFormats
internal import ConvNetTerminal
internal import ConvNetText
internal import Synchronization

/// What a person sees of a training: a line for the epoch that is going on, and a row for each that
/// is done.
final class TrainingDisplay: Sendable {
  private let console: Console
  private let reporter: ProgressReporter
  private let state = Mutex(State())

  private struct State {
    var epochs = 0
    var epochStart = ContinuousClock.now
    var evaluationStart: ContinuousClock.Instant?
    var epoch = 1
  }

  private static let table = TextTable(columns: [
    .init("epoch", .right, minimumWidth: 7), .init("train loss", .right),
    .init("train acc", .right), .init("val loss", .right), .init("val acc", .right),
    .init("lr", .right, minimumWidth: 8), .init("img/s", .right, minimumWidth: 7),
    .init("time", .right, minimumWidth: 7), .init("best"),
  ])

  init(console: Console) {
    self.console = console
    reporter = ProgressReporter(console: console)
  }

  /// Shows an event.
  func show(_ event: TrainingEvent) {
    switch event {
    case .started(let outline): start(outline)
    case .step(let step): show(step)
    case .evaluating(let done, let total): showEvaluation(done: done, total: total)
    case .epoch(let report): show(report)
    case .unreadable(let picture):
      console.warning("passed over: \(picture.reason)")
    case .finished: reporter.finish()
    }
  }

  private func start(_ outline: TrainingOutline) {
    state.withLock { state in
      state.epochs = outline.epochs
      state.epoch = outline.firstEpoch + 1
      state.epochStart = .now
    }
    console.detail(
      "\(NumberFormat.grouped(outline.stepsPerEpoch)) steps of \(outline.batch) pictures per epoch, "
        + "\(NumberFormat.bytes(outline.arenaBytes)) for the values of a step")
    console.note(Self.table.titleLine())
  }

  private func show(_ step: TrainingStep) {
    let (epochs, start) = state.withLock { state in
      if step.stepInEpoch == 1, step.epoch != state.epoch {
        state.epoch = step.epoch
        state.epochStart = .now
      }
      state.evaluationStart = nil
      return (state.epochs, state.epochStart)
    }
    reporter.update {
      Progress(
        title: "epoch \(step.epoch)/\(epochs)", done: step.stepInEpoch,
        total: step.stepsPerEpoch,
        figures: [
          "loss \(NumberFormat.fixed(step.meanLoss, decimals: 3))",
          "acc \(NumberFormat.percent(step.accuracy))",
          "lr \(Self.rate(step.learningRate))",
          "\(NumberFormat.grouped(step.imagesPerSecond)) img/s",
        ], elapsedSeconds: start.duration(to: .now) / .seconds(1))
    }
  }

  private func showEvaluation(done: Int, total: Int) {
    let (epoch, start) = state.withLock { state in
      let start = state.evaluationStart ?? .now
      state.evaluationStart = start
      return (state.epoch, start)
    }
    reporter.update {
      Progress(
        title: "epoch \(epoch) evaluating", done: done, total: total,
        elapsedSeconds: start.duration(to: .now) / .seconds(1))
    }
  }

  private func show(_ report: EpochReport) {
    let epochs = state.withLock { state in
      state.epoch = report.epoch + 1
      state.epochStart = .now
      state.evaluationStart = nil
      return state.epochs
    }
    let cells = [
      "\(report.epoch)/\(epochs)",
      NumberFormat.fixed(report.trainingLoss, decimals: 4),
      NumberFormat.percent(report.trainingAccuracy, decimals: 2),
      report.evaluationLoss.map { NumberFormat.fixed($0, decimals: 4) } ?? "–",
      report.evaluationAccuracy.map { NumberFormat.percent($0, decimals: 2) } ?? "–",
      Self.rate(report.learningRate),
      NumberFormat.grouped(report.imagesPerSecond),
      DurationFormat.clock(seconds: report.seconds),
      report.isBest ? "★" : "",
    ]
    reporter.finish(row: Self.table.rowLine(cells))
  }

  private static func rate(_ value: Double) -> String {
    NumberFormat.significant(value, digits: 3)
  }
}
