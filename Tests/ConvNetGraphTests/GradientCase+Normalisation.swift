import ConvNetGraph

extension GradientCase {
  static let normalisation: [GradientCase] = [
    GradientCase(
      BatchNorm2dOperation.self, "frozen statistics", input: [2, 3, 3, 2], layer: BatchNorm2d(3)),
    GradientCase(
      BatchNorm2dOperation.self, "not affine", input: [1, 2, 1, 3],
      layer: BatchNorm2d(2, epsilon: 0.1, affine: false)),
    GradientCase(BatchNorm2dTraining.self, "batch statistics") {
      try Graph(BatchNorm2d(3), input: [3, 3, 2]).reshaped(batch: 2).trainingForm()
    },
    GradientCase(BatchNorm2dTraining.self, "two numbers per channel, large epsilon") {
      try Graph(BatchNorm2d(4, epsilon: 0.5), input: [4, 1, 1]).reshaped(batch: 2).trainingForm()
    },
    GradientCase(BatchNorm2dTraining.self, "between convolutions") {
      let net = Sequential {
        Conv2d(inChannels: 2, outChannels: 3, kernelSize: 3)
        BatchNorm2d(3)
        ReLU()
        Conv2d(inChannels: 3, outChannels: 2, kernelSize: 2)
      }
      return try Graph(net, input: [2, 5, 6]).reshaped(batch: 3).trainingForm()
    },
    GradientCase(
      GroupNormOperation.self, "two groups", input: [2, 4, 3, 2],
      layer: GroupNorm(groups: 2, channels: 4)),
    GradientCase(
      GroupNormOperation.self, "instance normalisation, not affine", input: [2, 3, 2, 4],
      layer: InstanceNorm2d(3)),
    GradientCase(
      GroupNormOperation.self, "instance normalisation, affine", input: [1, 3, 3, 3],
      layer: InstanceNorm2d(3, epsilon: 0.1, affine: true)),
    GradientCase(GroupNormOperation.self, "without an image") {
      try Graph(inputs: [[3, 6], [6], [6]]) {
        [F.groupNorm($0[0], groups: 2, weight: $0[1], bias: $0[2])]
      }
    },
    GradientCase(
      LocalResponseNormOperation.self, "three channels", input: [2, 5, 2, 3],
      layer: LocalResponseNorm(3, alpha: 0.7)),
    GradientCase(
      LocalResponseNormOperation.self, "even size, more than there are", input: [1, 3, 2, 2],
      layer: LocalResponseNorm(8, alpha: 2, beta: 0.5, k: 2)),
  ]
}
