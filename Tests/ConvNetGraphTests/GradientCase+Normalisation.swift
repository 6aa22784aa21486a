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
  ]
}
