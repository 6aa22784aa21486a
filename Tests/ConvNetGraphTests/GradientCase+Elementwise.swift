import ConvNetGraph

extension GradientCase {
  static let elementwise: [GradientCase] = [
    GradientCase(ReLUOperation.self, "of an image", input: [2, 3, 3, 5], layer: ReLU()),
    GradientCase(AddOperation.self, "equal shapes") {
      try Graph(inputs: [[2, 3, 4], [2, 3, 4]]) { [$0[0] + $0[1]] }
    },
    GradientCase(AddOperation.self, "broadcast both ways") {
      try Graph(inputs: [[2, 1, 4], [3, 1]]) { [$0[0] + $0[1]] }
    },
    GradientCase(AddOperation.self, "a value used twice") {
      try Graph(input: [2, 5]) { x in F.relu(x) + x + x }
    },
  ]
}
