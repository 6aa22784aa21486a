import ConvNetGraph

extension GradientCase {
  static let linear: [GradientCase] = [
    GradientCase(
      LinearOperation.self, "of a batch", input: [3, 5],
      layer: Linear(inFeatures: 5, outFeatures: 4)),
    GradientCase(
      LinearOperation.self, "of a sequence, no bias", input: [2, 3, 4],
      layer: Linear(inFeatures: 4, outFeatures: 3, bias: false)),
    GradientCase(LinearOperation.self, "of one vector") {
      try Graph(inputs: [[4], [2, 4], [2]]) { [F.linear($0[0], weight: $0[1], bias: $0[2])] }
    },
  ]
}
