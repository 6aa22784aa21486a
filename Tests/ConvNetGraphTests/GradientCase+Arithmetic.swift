import ConvNetGraph

extension GradientCase {
  static let arithmetic: [GradientCase] = [
    GradientCase(SubOperation.self, "broadcast both ways") {
      try Graph(inputs: [[2, 1, 4], [3, 1]]) { [$0[0] - $0[1]] }
    },
    GradientCase(MulOperation.self, "a gate per channel") {
      try Graph(inputs: [[2, 3, 2, 2], [2, 3, 1, 1]]) { [$0[0] * $0[1]] }
    },
    GradientCase(MulOperation.self, "a square") { try Graph(input: [2, 5]) { $0 * $0 } },
    GradientCase(DivOperation.self, "broadcast both ways", prepare: positive) {
      try Graph(inputs: [[2, 1, 4], [3, 1]]) { [$0[0] / $0[1]] }
    },
    GradientCase(ScaleOperation.self, "operators with numbers", prepare: positive) {
      try Graph(input: [2, 5]) { x in -(2 * x + 1) * 0.5 - 3 + (1 - x) / 4 + 2 / x + (3 + x) }
    },
    GradientCase(PowOperation.self, "exponent 2.5", prepare: positive) {
      try Graph(input: [2, 5]) { F.pow($0, 2.5) }
    },
    GradientCase(ExpOperation.self, "") { try Graph(input: [2, 5]) { F.exp($0) } },
    GradientCase(LogOperation.self, "", prepare: positive) {
      try Graph(input: [2, 5]) { F.log($0) }
    },
    GradientCase(SqrtOperation.self, "", prepare: positive) {
      try Graph(input: [2, 5]) { F.sqrt($0) }
    },
    GradientCase(AbsOperation.self, "both signs") { try Graph(input: [2, 5]) { F.abs($0) } },
    GradientCase(ErfOperation.self, "") { try Graph(input: [2, 5]) { F.erf($0) } },
  ]

  /// Inputs well away from 0.
  static func positive(_ check: inout GradientCheck) {
    for (position, input) in check.inputs.enumerated() {
      check.inputs[position] = GradientCheck.positive(
        input.shape, seed: 2, stream: "input \(position)")
    }
  }
}
