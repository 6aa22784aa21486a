import ConvNetGraph

extension GradientCase {
  static let picking: [GradientCase] = [
    GradientCase(MaximumOperation.self, "broadcast both ways") {
      try Graph(inputs: [[2, 1, 4], [3, 1]]) { [$0[0].applying(MaximumOperation(), $0[1])] }
    },
    GradientCase(MinimumOperation.self, "broadcast both ways") {
      try Graph(inputs: [[2, 1, 4], [3, 1]]) { [$0[0].applying(MinimumOperation(), $0[1])] }
    },
    GradientCase(PowerOperation.self, "base and exponent", prepare: positive) {
      try Graph(inputs: [[2, 4], [4]]) { [$0[0].applying(PowerOperation(), $0[1])] }
    },
    GradientCase(WhereOperation.self, "a condition of its own") {
      try Graph(inputs: [[2, 1, 4], [3, 1]]) { values in
        let isLarger = values[0].applying(CompareOperation(.greater), values[1])
        return [isLarger.applying(WhereOperation(), values[0], values[1] * 3)]
      }
    },
    GradientCase(FunctionOperation.self, "of any number") {
      try Graph(input: [2, 5]) { x in
        let functions: [FunctionOperation.Function] = [.sin, .cos, .atan, .sinh, .cosh, .asinh]
        return functions.reduce(x) { $0 + $1.applied(x) }
      }
    },
    GradientCase(FunctionOperation.self, "of numbers inside -1...1") {
      try Graph(input: [2, 5]) { x in
        let inside = F.tanh(x) * 0.9
        let functions: [FunctionOperation.Function] = [.tan, .asin, .acos, .atanh]
        return functions.reduce(inside) { $0 + $1.applied(inside) }
          + FunctionOperation.Function.acosh.applied(F.exp(x) + 1.5)
      }
    },
    GradientCase(ExpandOperation.self, "in front and inside") {
      try Graph(input: [3, 1, 2]) { $0.applying(ExpandOperation([2, -1, 4, 1])) }
    },
    GradientCase(ReduceMaxOperation.self, "two dimensions away") {
      try Graph(input: [2, 3, 4]) { $0.applying(ReduceMaxOperation(dims: [0, -1])) }
    },
    GradientCase(ReduceMaxOperation.self, "all") {
      try Graph(input: [2, 3]) { $0.applying(ReduceMaxOperation()) }
    },
    GradientCase(ReduceProdOperation.self, "kept", prepare: positive) {
      try Graph(input: [2, 3, 4]) { $0.applying(ReduceProdOperation(dims: [1], keepDims: true)) }
    },
    GradientCase(GatherOperation.self, "a part twice, one from the end") {
      try Graph(input: [2, 4, 3]) { x in
        x.applying(GatherOperation(dim: 1), numbers(x, [2, 2], [0, 2, 2, -1]))
      }
    },
    GradientCase(GatherElementsOperation.self, "along rows") {
      try Graph(input: [2, 4]) { x in
        x.applying(GatherElementsOperation(dim: 1), numbers(x, [2, 3], [0, 3, 3, -2, 1, 0]))
      }
    },
    GradientCase(ScatterElementsOperation.self, "sums") {
      try Graph(inputs: [[2, 4], [2, 3]]) { values in
        [
          values[0].applying(
            ScatterElementsOperation(dim: 1, reduction: .add),
            numbers(values[0], [2, 3], [0, 3, 3, 2, 1, 0]), values[1])
        ]
      }
    },
    GradientCase(GatherNDOperation.self, "rows by pairs") {
      try Graph(input: [2, 3, 2]) { x in
        x.applying(GatherNDOperation(), numbers(x, [3, 2], [0, 1, 1, 2, 0, 1]))
      }
    },
    GradientCase(ScatterNDOperation.self, "sums of rows") {
      try Graph(inputs: [[4, 2], [3, 2]]) { values in
        [
          values[0].applying(
            ScatterNDOperation(reduction: .add), numbers(values[0], [3, 1], [0, 3, 3]), values[1])
        ]
      }
    },
    GradientCase(MatMulOperation.self, "batches, one repeated") {
      try Graph(inputs: [[2, 1, 2, 3], [2, 3, 4]]) { [$0[0].applying(MatMulOperation(), $0[1])] }
    },
    GradientCase(MatMulOperation.self, "a row and a column") {
      try Graph(inputs: [[3], [2, 3, 4], [4]]) { values in
        [values[0].applying(MatMulOperation(), values[1]).applying(MatMulOperation(), values[2])]
      }
    },
    GradientCase(CumulativeSumOperation.self, "both ways") {
      try Graph(input: [2, 4]) { x in
        x.applying(CumulativeSumOperation(dim: 1))
          * x.applying(CumulativeSumOperation(dim: 0, isExclusive: true, isReversed: true))
      }
    },
    GradientCase(InterpolateOperation.self, "cubic, smaller and larger") {
      try Graph(input: [1, 2, 5, 4]) { x in
        x.applying(
          InterpolateOperation(
            axes: [
              InterpolateOperation.Axis(dim: 2, size: 3),
              InterpolateOperation.Axis(dim: 3, scale: 1.5),
            ], mode: .cubic(-0.75), antialias: true))
      }
    },
    GradientCase(InterpolateOperation.self, "linear in one dimension, nearest in another") {
      try Graph(input: [2, 5, 3]) { x in
        x.applying(
          InterpolateOperation(
            axes: [InterpolateOperation.Axis(dim: 1, scale: 2)], mode: .linear,
            coordinates: .alignCorners)
        ).applying(
          InterpolateOperation(
            axes: [InterpolateOperation.Axis(dim: 2, size: 5)], mode: .nearest(.roundPreferCeil),
            coordinates: .asymmetric))
      }
    },
  ]

  /// Whole numbers as a value of a graph.
  private static func numbers(_ value: Value, _ shape: Shape, _ elements: [Float]) -> Value {
    value.constant(Tensor(uninitialized: shape) { _ = $0.update(fromContentsOf: elements) })
  }
}

extension FunctionOperation.Function {
  fileprivate func applied(_ x: Value) -> Value { x.applying(FunctionOperation(self)) }
}
