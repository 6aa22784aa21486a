/// The part that all losses over classes share: which score belongs to which target.
///
/// Scores are `[B, C]` or `[B, C, ...]`, targets the class numbers `[B]` or `[B, ...]`, class weights
/// `[C]`.
struct ClassTargets<Scalar: ReferenceScalar> {
  private let lines: DimensionLines
  private let targets: [Scalar]
  private let weights: [Scalar]?
  private let ignoreIndex: Int

  /// The shapes fit together.
  static func check(_ inputs: [Shape], _ operation: String) throws(ConvNetError) {
    let (scores, targets) = (inputs[0], inputs[1])
    guard scores.rank >= 2 else {
      throw ConvNetError(
        .invalidNetwork, "\(operation) expects scores [B, C] or [B, C, H, W], got \(scores)")
    }
    try Arity.checkShape(
      targets, operation, "class numbers",
      Shape([scores[0]] + scores.dimensions.dropFirst(2)))
    if inputs.count > 2 {
      try Arity.checkShape(inputs[2], operation, "class weights", [scores[1]])
    }
  }

  /// The targets of an operation with these inputs: scores, targets, perhaps weights.
  init(_ inputs: ArraySlice<ReferenceArray<Scalar>>, ignoreIndex: Int) {
    let arrays = Array(inputs)
    lines = DimensionLines(1, of: arrays[0].shape)
    targets = arrays[1].elements
    weights = arrays.count > 2 ? arrays[2].elements : nil
    self.ignoreIndex = ignoreIndex
  }

  /// The number of classes.
  var classes: Int { lines.count }

  /// The weight of a class; 1 where none are given.
  func weight(_ number: Int) -> Scalar { weights?[number] ?? 1 }

  /// The sum of the weights of all targets that count: what a mean is divided by.
  var totalWeight: Scalar {
    var total: Scalar = 0
    forEach { _, target in total += target.map(weight) ?? .nan }
    return total
  }

  /// Calls `body` for every target that is not ignored, with the indices of its scores, class by
  /// class; the target is nil where it is no class.
  func forEach(_ body: (_ scores: StrideTo<Int>, _ target: Int?) -> Void) {
    for (start, number) in zip(lines.starts, targets) where number != Scalar(ignoreIndex) {
      let target = Int(exactly: number).flatMap { (0..<classes).contains($0) ? $0 : nil }
      body(lines.indices(from: start), target)
    }
  }
}
