internal import Synchronization

/// Shows a progress as often as is useful: at most ten times a second as a line drawn over itself
/// on a terminal, or as a row every 60 seconds where lines stay.
package final class ProgressReporter: Sendable {
  private let console: Console
  private let lastShown: Mutex<ContinuousClock.Instant?>

  /// The shortest time between two drawings of the line.
  package static let redrawInterval = Duration.milliseconds(100)
  /// The time after which a log gets a sign of life.
  package static let heartbeatInterval = Duration.seconds(60)

  /// Reports to a console.
  ///
  /// - Parameter start: When the work began; the first heartbeat comes one interval later.
  package init(console: Console, start: ContinuousClock.Instant = .now) {
    self.console = console
    // A terminal shows the first progress at once, a log only when somebody may wonder.
    lastShown = Mutex(console.notes.redraws ? nil : start)
  }

  /// Shows the progress if it is time to; the closure is only called then.
  package func update(at now: ContinuousClock.Instant = .now, _ progress: () -> Progress) {
    let redraws = console.notes.redraws
    let interval = redraws ? Self.redrawInterval : Self.heartbeatInterval
    let isDue = lastShown.withLock { last in
      if let last, last.duration(to: now) < interval { return false }
      last = now
      return true
    }
    guard isDue else { return }
    if redraws {
      console.showProgress(
        ProgressLine.drawn(
          progress(), width: console.notes.width, isUnicode: console.notes.isUnicode))
    } else {
      console.note(ProgressLine.plain(progress()))
    }
  }

  /// Takes the line away and says in one permanent row how it went.
  package func finish(row: String? = nil, at now: ContinuousClock.Instant = .now) {
    console.clearProgress()
    if let row { console.note(row) }
    lastShown.withLock { $0 = console.notes.redraws ? nil : now }
  }
}
