import ConvNetGraph

extension GradientCase {
  static let shapes: [GradientCase] = [
    GradientCase(
      FlattenOperation.self, "all but the batch", input: [2, 3, 2, 2], layer: Flatten()),
    GradientCase(
      FlattenOperation.self, "the inner dimensions", input: [2, 3, 2, 2],
      layer: Flatten(startDim: 2, endDim: -1)),
    GradientCase(ReshapeOperation.self, "copied and computed sizes") {
      try Graph(input: [2, 3, 4]) { F.reshape($0, [0, -1, 2]) }
    },
    GradientCase(ReshapeOperation.self, "squeeze and unsqueeze") {
      try Graph(input: [2, 1, 4]) { F.unsqueeze(F.squeeze($0, dim: 1), dim: -1) }
    },
    GradientCase(TransposeOperation.self, "to channels last") {
      try Graph(input: [2, 3, 4, 2]) { F.permute($0, [0, 2, 3, -3]) }
    },
    GradientCase(TransposeOperation.self, "a cycle of three") {
      try Graph(input: [2, 3, 4]) { F.permute($0, [1, 2, 0]) }
    },
    GradientCase(ConcatOperation.self, "three along the channels") {
      try Graph(inputs: [[2, 1, 2, 2], [2, 3, 2, 2], [2, 2, 2, 2]]) { [F.cat($0, dim: 1)] }
    },
    GradientCase(ConcatOperation.self, "the same value twice") {
      try Graph(input: [2, 3]) { F.cat([$0, F.relu($0), $0], dim: -1) }
    },
    GradientCase(SliceOperation.self, "steps and ends from behind") {
      try Graph(input: [3, 7, 5]) { x in
        x.applying(
          SliceOperation([
            SliceOperation.Range(dim: 1, start: 1, end: -1, step: 2),
            SliceOperation.Range(dim: -1, start: -3),
          ]))
      }
    },
    GradientCase(SliceOperation.self, "a split, parts exchanged") {
      try Graph(input: [2, 5, 2]) { x in
        F.cat(F.split(x, size: 2, dim: 1).reversed(), dim: 1)
      }
    },
  ]
}
