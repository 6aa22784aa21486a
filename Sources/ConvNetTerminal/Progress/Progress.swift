/// How far a piece of work is, at one moment.
package struct Progress: Sendable, Equatable {
  /// What is being done: `epoch 3/30`.
  package var title: String
  package var done: Int
  package var total: Int
  /// What is worth watching, in order of importance: `loss 0.912`, `1,480 img/s`.
  package var figures: [String]
  package var elapsedSeconds: Double

  package init(
    title: String, done: Int, total: Int, figures: [String] = [], elapsedSeconds: Double
  ) {
    self.title = title
    self.done = done
    self.total = total
    self.figures = figures
    self.elapsedSeconds = elapsedSeconds
  }

  /// The share that is done, between 0 and 1.
  package var share: Double {
    total > 0 ? min(1, max(0, Double(done) / Double(total))) : 0
  }

  /// The time that is left if the rest goes as the part so far, or nil before the first step.
  package var remainingSeconds: Double? {
    done > 0 ? elapsedSeconds * (1 - share) / share : nil
  }
}
