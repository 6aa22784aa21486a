internal import ConvNetText

/// The numbers that an option takes.
package struct NumberRange: Sendable, Equatable {
  package var lowest: Double
  package var highest: Double
  package var includesLowest: Bool
  package var includesHighest: Bool

  /// From the lowest to the highest, each included unless said otherwise; the highest may be
  /// infinity, which itself is never in the range.
  package init(
    from lowest: Double, to highest: Double = .infinity, includesLowest: Bool = true,
    includesHighest: Bool = true
  ) {
    self.lowest = lowest
    self.highest = highest
    self.includesLowest = includesLowest
    self.includesHighest = includesHighest
  }

  /// Every number above zero.
  package static let positive = NumberRange(from: 0, includesLowest: false)
  /// Zero and every number above it.
  package static let notNegative = NumberRange(from: 0)
  /// From 0 to 1, both included.
  package static let share = NumberRange(from: 0, to: 1)

  package func contains(_ number: Double) -> Bool {
    guard number.isFinite else { return false }
    return (includesLowest ? number >= lowest : number > lowest)
      && (includesHighest ? number <= highest : number < highest)
  }

  /// The range in words: `from 0 to 1`, `above 0`, `from 0 to less than 1`.
  package var words: String {
    let (low, high) = (text(lowest), text(highest))
    switch (highest.isFinite, includesLowest, includesHighest) {
    case (false, true, _): return "of at least \(low)"
    case (false, false, _): return "above \(low)"
    case (true, true, true): return "from \(low) to \(high)"
    case (true, true, false): return "from \(low) to less than \(high)"
    case (true, false, true): return "above \(low), at most \(high)"
    case (true, false, false): return "above \(low), below \(high)"
    }
  }

  private func text(_ number: Double) -> String {
    NumberFormat.significant(number, digits: 15)
  }
}
