/// What the scores of one picture say.
enum Scores {
  /// The share of each class: e^score over the sum of all.
  static func softmax(_ scores: UnsafeBufferPointer<Float>) -> [Double] {
    let largest = Double(scores.max() ?? 0)
    let powers = scores.map { Double.exp(Double($0) - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// Minus the logarithm of one class's share.
  static func crossEntropy(_ scores: UnsafeBufferPointer<Float>, label: Int) -> Double {
    let largest = Double(scores.max() ?? 0)
    let sum = scores.reduce(0) { $0 + Double.exp(Double($1) - largest) }
    return Double.log(sum) + largest - Double(scores[label])
  }

  /// The position of the largest score; of equal ones the first.
  static func best(_ scores: UnsafeBufferPointer<Float>) -> Int {
    var best = 0
    for index in scores.indices where scores[index] > scores[best] { best = index }
    return best
  }

  /// How many classes come before this one: those with a higher score, and equal ones before it.
  ///
  /// A score that is not a number comes behind all others.
  static func rank(_ scores: UnsafeBufferPointer<Float>, label: Int) -> Int {
    let own = scores[label]
    var rank = 0
    for (index, score) in scores.enumerated() {
      if score > own || (score == own && index < label) || (own.isNaN && !score.isNaN) { rank += 1 }
    }
    return rank
  }

  /// The positions of the largest scores, largest first; equal ones in their order.
  static func top(_ count: Int, of scores: UnsafeBufferPointer<Float>) -> [Int] {
    func isBefore(_ a: Int, _ b: Int) -> Bool {
      let (x, y) = (scores[a], scores[b])
      if x.isNaN || y.isNaN { return x.isNaN == y.isNaN ? a < b : y.isNaN }
      return x == y ? a < b : x > y
    }
    return Array(scores.indices.sorted(by: isBefore).prefix(max(0, count)))
  }
}
