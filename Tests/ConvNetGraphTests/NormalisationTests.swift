import ConvNetGraph
import Testing

@Suite struct NormalisationTests {
  @Test func batchNormUsesRunningStatistics() throws {
    let inputs = try [
      Tensor([1, 2, 1, 2], [1, 5, 0, 2]), Tensor([2], [10, 1]), Tensor([2], [1, 0]),
      Tensor([2], [3, 1]), Tensor([2], [4, 0.25]),
    ]
    let y = try evaluate(inputs) {
      [
        F.batchNorm2d(
          $0[0], runningMean: $0[3], runningVariance: $0[4], weight: $0[1], bias: $0[2],
          epsilon: 0)
      ]
    }[0]
    #expect(y.elements == [-9, 11, -2, 2])
  }

  @Test func trainingUsesTheBatchAndMovesTheRunningStatistics() throws {
    let graph = try Graph(BatchNorm2d(1, epsilon: 0, momentum: 0.5), input: [1, 1, 2])
      .reshaped(batch: 2).trainingForm()
    #expect(graph.nodes.count == 1)
    #expect(graph.stateUpdates.map(\.parameter) == graph.parameters.suffix(2).map(\.value))
    let parameters: [Double] = [2, 1, 0, 1]
    let values = try ReferenceExecutor<Double>(graph).allValues(
      parameters: parameters.map { ReferenceArray([1], [$0]) },
      inputs: [ReferenceArray([2, 1, 1, 2], [1, 3, 1, 3])])
    #expect(values[graph.outputs[0].index].elements == [-1, 3, -1, 3])
    // Mean 2 and variance 1, unbiased 4/3; half of each on top of half of 0 and 1.
    let updates = graph.stateUpdates.map { values[$0.newValue.index].elements[0] }
    #expect(updates[0] == 1)
    #expect((updates[1] - (0.5 + 2.0 / 3)).magnitude < 1e-15)
  }

  @Test func trainingNodesKeepTheLayersPath() throws {
    let net = Sequential {
      Conv2d(inChannels: 1, outChannels: 2, kernelSize: 1)
      BatchNorm2d(2)
      ReLU()
    }
    let graph = try Graph(net, input: [1, 2, 2])
    #expect(try graph.trainingForm().nodes.map(\.name) == graph.nodes.map(\.name))
    #expect(
      graph.parameters.map(\.name).suffix(4) == [
        "1.weight", "1.bias", "1.running_mean", "1.running_var",
      ])
    #expect(graph.parameters.suffix(2).allSatisfy { $0.role == .tracked })
  }

  @Test func withoutAffineOnlyTheStatisticsHaveNames() throws {
    let graph = try Graph(Sequential { BatchNorm2d(2, affine: false) }, input: [2, 2, 2])
    let named = graph.parameters.filter { $0.role != .constant }.map(\.name)
    #expect(named == ["0.running_mean", "0.running_var"])
    let y = try ReferenceExecutor<Float>(graph).run(
      graph.initialWeights(seed: 1), [Tensor([1, 2, 2, 2], repeating: 3)])
    #expect(y[0].elements.allSatisfy { ($0 - 3 / Float(1.00001).squareRoot()).magnitude < 1e-6 })
  }

  @Test func groupNormNormalisesEachGroupOfEachImage() throws {
    let x: [Float] = [1, 3, 10, 30, 5, 5, 0, 4]
    let y = try evaluate([2, 2, 1, 2], x) { F.groupNorm($0, groups: 2, epsilon: 0.0001) }
    let expected: [Float] = [-1, 1, -1, 1, 0, 0, -1, 1]
    for (own, wanted) in zip(y.elements, expected) { #expect((own - wanted).magnitude < 1e-4) }
    // One group: mean 2 and deviation 1 over both channels.
    let inputs = try [
      Tensor([1, 2, 1, 2], [1, 3, 1, 3]), Tensor([2], [1, 2]), Tensor([2], [0, 10]),
    ]
    let scaled = try evaluate(inputs) {
      [F.groupNorm($0[0], groups: 1, weight: $0[1], bias: $0[2], epsilon: 0)]
    }[0]
    #expect(scaled.elements == [-1, 1, 8, 12])
  }

  @Test func localResponseNormLooksAtNeighbouringChannels() throws {
    // size 3: k + alpha/3 * sum of squares of the channel and its neighbours, power 1.
    let y = try evaluate([1, 4, 1, 1], [1, 2, 0, 3]) {
      F.localResponseNorm($0, size: 3, alpha: 3, beta: 1, k: 1)
    }
    let expected: [Float] = [1.0 / 6, 2.0 / 6, 0, 3.0 / 10]
    for (own, wanted) in zip(y.elements, expected) { #expect((own - wanted).magnitude < 1e-6) }
    // An even size looks one channel further back than ahead.
    let even = try evaluate([1, 3, 1, 1], [1, 1, 2]) {
      F.localResponseNorm($0, size: 2, alpha: 2, beta: 1, k: 0)
    }
    let expectedEven: [Float] = [1, 0.5, 2.0 / 5]
    for (own, wanted) in zip(even.elements, expectedEven) {
      #expect((own - wanted).magnitude < 1e-6)
    }
  }
}
