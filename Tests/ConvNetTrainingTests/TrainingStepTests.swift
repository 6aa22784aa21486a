@testable import ConvNet
import Testing

/// The small network of the recorded training steps.
private struct SmallNet: Module {
  let conv1, conv2, conv3: Conv2d
  let bn1, bn2, bn3: BatchNorm2d?
  let fc: Linear
  let isResidual: Bool

  init(channels: Int, classes: Int, usesBatchNorm: Bool, isResidual: Bool) {
    func conv(_ from: Int, _ to: Int) -> Conv2d {
      Conv2d(
        inChannels: from, outChannels: to, kernelSize: 3, padding: 1, bias: !usesBatchNorm)
    }
    func norm(_ channels: Int) -> BatchNorm2d? { usesBatchNorm ? BatchNorm2d(channels) : nil }
    conv1 = conv(3, channels)
    conv2 = conv(channels, 2 * channels)
    conv3 = conv(2 * channels, 2 * channels)
    bn1 = norm(channels)
    bn2 = norm(2 * channels)
    bn3 = norm(2 * channels)
    fc = Linear(inFeatures: 2 * channels, outFeatures: classes)
    self.isResidual = isResidual
  }

  func forward(_ x: Value) -> Value {
    func norm(_ bn: BatchNorm2d?, _ x: Value) -> Value { bn?(x) ?? x }
    let first = F.maxPool2d(F.relu(norm(bn1, conv1(x))), kernelSize: 2)
    let second = F.relu(norm(bn2, conv2(first)))
    let third = norm(bn3, conv3(second))
    let features = F.relu(isResidual ? third + second : third)
    return fc(F.flatten(F.globalAvgPool2d(features)))
  }
}

@Suite struct TrainingStepTests {
  @Test(.enabled(if: Golden.isPresent, "PyTorch's cases are not there"))
  func fourStepsGiveTheWeightsOfPyTorch() throws {
    let golden = try #require(Golden.shared)
    let cases = golden.cases("TrainSteps")
    #expect(!cases.isEmpty || Golden.isNamed)
    for item in cases {
      let settings = item.parameters
      let net = SmallNet(
        channels: try #require(settings["c"]?.int), classes: try #require(settings["classes"]?.int),
        usesBatchNorm: settings["batchnorm"]?.bool ?? false,
        isResidual: settings["residual"]?.bool ?? false)
      let first = try golden.tensor(item, "x0")
      let graph = try Graph(net, input: Shape(Array(first.shape.dimensions.dropFirst())))
      let optimizer = try Golden.optimizer(
        try #require(settings["optimizer"]?.string), settings["optimizer_params"] ?? [:])
      let rate = try #require(settings["optimizer_params"]?["lr"]?.double)
      let runner = try TrainingRunner(
        TrainingGraph(graph, batch: first.shape[0]),
        weights: Weights(
          try graph.parameters.map {
            (name: $0.name, tensor: try golden.tensor(item, "init.\($0.name)"))
          }), optimizer: optimizer)

      let steps = try #require(settings["steps"]?.int)
      var losses: [Float] = []
      for step in 0..<steps {
        let images = try golden.tensor(item, "x\(step)")
        let targets = try golden.tensor(item, "t\(step)")
        runner.withImages { _ = $0.update(fromContentsOf: images.elements) }
        runner.withTargets { _ = $0.update(fromContentsOf: targets.elements) }
        losses.append(runner.computeGradients())
        runner.updates.step(learningRate: rate)
      }
      let lossDifference = largestDifference(
        try Tensor([steps], losses), try golden.tensor(item, "losses"))
      #expect(lossDifference < 2e-6)

      var largest = (name: "", difference: 0.0)
      for (name, tensor) in runner.weights {
        let difference = largestDifference(tensor, try golden.tensor(item, "final.\(name)"))
        #expect(difference < 2e-6, "\(item.id): \(name)")
        if difference > largest.difference { largest = (name, difference) }
      }
      let scores = try Executor(
        Plan(graph.reshaped(batch: first.shape[0])), weights: runner.weights
      ).run([first])
      let scoreDifference = largestDifference(scores[0], try golden.tensor(item, "y"))
      #expect(scoreDifference < 2e-6)
      print(
        "\(item.id): after \(steps) steps largest difference of weights and running statistics "
          + "\(largest.difference) (\(largest.name)), losses \(lossDifference), "
          + "scores \(scoreDifference)")
    }
  }
}
