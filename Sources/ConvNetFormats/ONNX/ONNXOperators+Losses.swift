internal import ConvNetGraph

extension ONNXOperators {
  /// Losses, written with simple operations: their targets may be left out by number, and each term
  /// may be wanted alone, which the losses of training do not know.
  static let losses: [String: Function] = [
    "NegativeLogLikelihoodLoss": { context throws(ConvNetError) in
      try likelihood(context, scores: context.value(0))
    },
    "SoftmaxCrossEntropyLoss": { context throws(ConvNetError) in
      let x = try context.value(0)
      guard x.shape.rank >= 2 else { throw ConvNetError(.invalidData, "it has no classes") }
      let shares = context.apply(LogSoftmaxOperation(dim: 1), x)
      return try likelihood(context, scores: shares) + [.value(shares, try context.type(0))]
    },
  ]

  private static func likelihood(
    _ context: ONNXNodeContext, scores: Value
  ) throws(ConvNetError) -> [ONNXOperand] {
    let target = try context.value(1)
    let shape = scores.shape
    guard shape.rank >= 2, target.shape.rank == shape.rank - 1, (1...(1 << 20)).contains(shape[1])
    else {
      throw ConvNetError(.invalidNetwork, "its target \(target.shape) does not fit \(shape)")
    }
    var hot = oneHot(context, target, depth: shape[1], axis: 1)
    if context.hasAttribute("ignore_index") {
      let ignored = context.numbers([], [Double(try context.attribute("ignore_index", 0))])
      let counts = 1 - context.apply(CompareOperation(.equal), target, ignored)
      var sizes = target.shape.dimensions
      sizes.insert(1, at: 1)
      hot = hot * context.reshape(counts, Shape(sizes))
    }
    if context.has(2) {
      let channels = [1, shape[1]] + [Int](repeating: 1, count: shape.rank - 2)
      hot = hot * context.apply(ReshapeOperation(channels), try context.value(2))
    }
    // Scores of -infinity where nothing is hot must not become NaN.
    let chosen = context.apply(WhereOperation(), hot, hot * scores, hot * 0)
    let terms = -context.apply(ReduceSumOperation(dims: [1]), chosen)
    let weights = context.apply(ReduceSumOperation(dims: [1]), hot)
    let total = ReduceSumOperation()
    let loss: Value
    switch try context.attribute("reduction", "mean") {
    case "none": loss = terms
    case "sum": loss = context.apply(total, terms)
    case "mean": loss = context.apply(total, terms) / context.apply(total, weights)
    case let other: throw context.refuse("its reduction is '\(other.escapedForDisplay)'")
    }
    return [.value(loss, try context.type(0))]
  }
}
