import ConvNetGraph

extension GradientCase {
  static let activations: [GradientCase] = [
    GradientCase(LeakyReLUOperation.self, "slope 0.2", layer: LeakyReLU(negativeSlope: 0.2)),
    GradientCase(ClipOperation.self, "ReLU6, both ends", layer: ReLU6(), prepare: spread),
    GradientCase(ClipOperation.self, "one end") {
      try Graph(input: [2, 9]) { $0.applying(ClipOperation(minimum: -0.5)) }
    },
    GradientCase(SigmoidOperation.self, "", layer: Sigmoid()),
    GradientCase(TanhOperation.self, "", layer: Tanh()),
    GradientCase(SiLUOperation.self, "", layer: SiLU()),
    GradientCase(
      HardsigmoidOperation.self, "all three lines", layer: Hardsigmoid(), prepare: spread),
    GradientCase(HardswishOperation.self, "all three pieces", layer: Hardswish(), prepare: spread),
    GradientCase(GELUOperation.self, "exact", layer: GELU()),
    GradientCase(GELUOperation.self, "tanh", layer: GELU(approximate: .tanh)),
    GradientCase(ELUOperation.self, "alpha 0.7", layer: ELU(alpha: 0.7)),
    GradientCase(SoftplusOperation.self, "beta 2", layer: Softplus(beta: 2)),
    GradientCase(
      SoftplusOperation.self, "beyond the threshold", layer: Softplus(threshold: 1),
      prepare: spread),
    GradientCase(PReLUOperation.self, "a slope per channel", layer: PReLU(numParameters: 3)),
    GradientCase(PReLUOperation.self, "one slope for all", layer: PReLU()),
    GradientCase(SoftmaxOperation.self, "over channels", layer: Softmax(dim: 1)),
    GradientCase(SoftmaxOperation.self, "over the last dimension", layer: Softmax(dim: -1)),
    GradientCase(LogSoftmaxOperation.self, "over channels", layer: LogSoftmax(dim: 1)),
    GradientCase(LogSoftmaxOperation.self, "over the batch", layer: LogSoftmax(dim: 0)),
  ]

  /// A case of an activation layer on a small image batch.
  private init(
    _ operation: any ConvNetGraph.Operation.Type, _ title: String, layer: some Module,
    prepare: @escaping @Sendable (inout GradientCheck) -> Void = { _ in }
  ) {
    self.init(operation, title, prepare: prepare) {
      try Graph(layer, input: [3, 3, 5]).reshaped(batch: 2)
    }
  }

  /// Five times as far from 0, so that every piece of a function is met.
  private static func spread(_ check: inout GradientCheck) {
    check.inputs[0].elements = check.inputs[0].elements.map { $0 * 5 }
  }
}
