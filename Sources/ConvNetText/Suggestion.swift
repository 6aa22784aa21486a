/// What someone probably meant who wrote a name that does not exist.
package enum Suggestion {
  /// The candidate nearest to a name, or nil when none is near enough to be worth a guess.
  package static func nearest(to name: String, in candidates: [String]) -> String? {
    let letters = Array(name.lowercased())
    guard !letters.isEmpty, letters.count <= 64 else { return nil }
    var best: (candidate: String, cost: Int)?
    for candidate in candidates {
      let other = Array(candidate.lowercased())
      // A beginning counts as one slip, however much is missing: `--aug` means `--augment`.
      let isBeginning = letters.count >= 3 && other.starts(with: letters)
      let cost = isBeginning ? 1 : distance(letters, other)
      let allowed = max(1, min(letters.count, other.count) / 3)
      if cost <= allowed, cost < best?.cost ?? .max { best = (candidate, cost) }
    }
    return best?.candidate
  }

  /// The sentence's end that offers the nearest candidate, such as ` — did you mean 'train'?`, or
  /// an empty text when there is none.
  package static func question(for name: String, in candidates: [String]) -> String {
    nearest(to: name, in: candidates).map { " — did you mean '\($0)'?" } ?? ""
  }

  /// The least number of insertions, deletions, replacements and swaps of neighbours between two
  /// words (the optimal string alignment distance).
  private static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, letter) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var cost = min(
          last[column + 1] + 1, current[column] + 1, last[column] + (letter == other ? 0 : 1))
        if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        current.append(cost)
      }
      (beforeLast, last) = (last, current)
    }
    return last[right.count]
  }
}
