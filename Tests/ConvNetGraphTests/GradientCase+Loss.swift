import ConvNetGraph

extension GradientCase {
  static let losses: [GradientCase] = [
    GradientCase(CrossEntropyLossOperation.self, "mean", prepare: classes([3, 0, 1])) {
      try Graph(inputs: [[3, 4], [3]]) { [F.crossEntropy($0[0], $0[1])] }
    },
    GradientCase(
      CrossEntropyLossOperation.self, "an image, weights, smoothing, ignored targets",
      prepare: classes([0, 2, 1, 9, 1, 1, 2, 0, 9, 0, 2, 1])
    ) {
      try Graph(inputs: [[2, 3, 2, 3], [2, 2, 3], [3]]) {
        [F.crossEntropy($0[0], $0[1], weight: $0[2], ignoreIndex: 9, labelSmoothing: 0.2)]
      }
    },
    GradientCase(CrossEntropyLossOperation.self, "sum, smoothing", prepare: classes([3, 0, 1])) {
      try Graph(inputs: [[3, 4], [3]]) {
        [F.crossEntropy($0[0], $0[1], labelSmoothing: 0.1, reduction: .sum)]
      }
    },
    GradientCase(NLLLossOperation.self, "mean, weights, ignored", prepare: classes([3, 0, -100])) {
      try Graph(inputs: [[3, 4], [3], [4]]) { [F.nllLoss($0[0], $0[1], weight: $0[2])] }
    },
    GradientCase(NLLLossOperation.self, "sum, an image", prepare: classes([1, 0, 1, 1, 0, 0])) {
      try Graph(inputs: [[1, 2, 2, 3], [1, 2, 3]]) {
        [F.nllLoss($0[0], $0[1], reduction: .sum)]
      }
    },
    GradientCase(MSELossOperation.self, "mean") {
      try Graph(inputs: [[2, 5], [2, 5]]) { [F.mseLoss($0[0], $0[1])] }
    },
    GradientCase(MSELossOperation.self, "sum") {
      try Graph(inputs: [[2, 5], [2, 5]]) { [F.mseLoss($0[0], $0[1], reduction: .sum)] }
    },
    GradientCase(L1LossOperation.self, "mean") {
      try Graph(inputs: [[2, 5], [2, 5]]) { [F.l1Loss($0[0], $0[1])] }
    },
    GradientCase(SmoothL1LossOperation.self, "both pieces") {
      try Graph(inputs: [[3, 7], [3, 7]]) { [F.smoothL1Loss($0[0], $0[1], beta: 0.8)] }
    },
    GradientCase(BCEWithLogitsLossOperation.self, "towards both sides") {
      try Graph(inputs: [[2, 5], [2, 5]]) {
        [F.binaryCrossEntropyWithLogits($0[0], $0[1])]
      }
    },
  ]

  /// Class numbers as the second input and positive class weights as the third: neither has a
  /// gradient.
  private static func classes(_ numbers: [Double]) -> @Sendable (inout GradientCheck) -> Void {
    { check in
      positiveWeights(&check)
      check.inputs[1].elements = numbers
      check.targets = [check.graph.inputs[0]]
    }
  }

  private static func positiveWeights(_ check: inout GradientCheck) {
    guard check.inputs.count > 2 else { return }
    check.inputs[2] = GradientCheck.positive(check.inputs[2].shape, seed: 3, stream: "weights")
  }
}
