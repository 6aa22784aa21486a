public import ConvNetGraph

extension LabeledImages {
  /// Divides the pictures into two parts with the same share of every class.
  ///
  /// A picture's part depends on the seed and its name, not on the order of reading. Of a class
  /// with at least two pictures both parts get at least one.
  ///
  /// - Parameters:
  ///   - fraction: The share of the second part, above 0 and below 1.
  ///   - seed: Another seed gives another division.
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the fraction is out of range.
  public func stratifiedSplit(
    fraction: Double, seed: UInt64
  ) throws(ConvNetError) -> (first: ImageSubset, second: ImageSubset) {
    guard fraction > 0, fraction < 1 else {
      throw ConvNetError(
        .invalidArgument, "the validation share \(fraction) is out of range",
        reason: "it must be above 0 and below 1")
    }
    var members = [[(order: UInt64, index: Int)]](repeating: [], count: classNames.count)
    for index in 0..<count {
      let order = CounterRandom(seed: seed, stream: name(at: index)).word(at: 0)
      members[label(at: index)].append((order, index))
    }
    var second: Set<Int> = []
    for group in members where group.count >= 2 {
      let wanted = Int((Double(group.count) * fraction).rounded())
      let taken = min(max(wanted, 1), group.count - 1)
      for (_, index) in group.sorted(by: { $0 < $1 }).prefix(taken) { second.insert(index) }
    }
    return (
      ImageSubset(self, indices: (0..<count).filter { !second.contains($0) }),
      ImageSubset(self, indices: second.sorted())
    )
  }
}
