import ConvNetGraph
import Testing

@Suite struct LossTests {
  private let scores: [Float] = [0, 0, 0, 0, 1, 2]

  private func loss(_ trace: ([Value]) -> Value) throws -> Float {
    let inputs = try [Tensor([2, 3], scores), Tensor([2], [1, 2]), Tensor([3], [1, 1, 3])]
    return try evaluate(inputs) { [trace($0)] }[0].elements[0]
  }

  @Test func crossEntropyOfTwoTargets() throws {
    // ln 3 for even scores; ln(1 + e + e^2) - 2 for the second.
    let (first, second): (Float, Float) = (1.0986123, 0.40760598)
    let mean = try loss { F.crossEntropy($0[0], $0[1]) }
    #expect(abs(mean - (first + second) / 2) < 2e-7)
    let sum = try loss { F.crossEntropy($0[0], $0[1], reduction: .sum) }
    #expect(abs(sum - (first + second)) < 2e-7)
    let weighted = try loss { F.crossEntropy($0[0], $0[1], weight: $0[2]) }
    #expect(abs(weighted - (first + 3 * second) / 4) < 2e-7)
    let ignored = try loss { F.crossEntropy($0[0], $0[1], ignoreIndex: 1) }
    #expect(abs(ignored - second) < 2e-7)
    // Smoothing by 0.3 moves 0.1 to each class; the mean score of the second is 1.
    let smooth = try loss { F.crossEntropy($0[0], $0[1], labelSmoothing: 0.3) }
    #expect(abs(smooth - (first + second + 0.3) / 2) < 2e-7)
  }

  @Test func crossEntropyIsLogSoftmaxAndNegativeLogLikelihood() throws {
    let direct = try loss { F.crossEntropy($0[0], $0[1], weight: $0[2]) }
    let inTwoSteps = try loss { F.nllLoss(F.logSoftmax($0[0], dim: 1), $0[1], weight: $0[2]) }
    #expect(direct == inTwoSteps)
  }

  @Test func aTargetThatIsNoClassIsSeen() throws {
    for wrong: Float in [3, -1, 0.5, .nan] {
      let inputs = try [Tensor([1, 3], [0, 1, 2]), Tensor([1], [wrong])]
      for reduction in [Reduction.mean, .sum] {
        let losses = try evaluate(inputs) {
          [
            F.crossEntropy($0[0], $0[1], reduction: reduction),
            F.nllLoss($0[0], $0[1], reduction: reduction),
          ]
        }
        #expect(losses[0].elements[0].isNaN && losses[1].elements[0].isNaN)
      }
    }
  }

  @Test func aClassThatIsRuledOutMayHaveMinusInfinity() throws {
    let inputs = try [Tensor([1, 3], [0, -.infinity, 0]), Tensor([1], [0])]
    let loss = try evaluate(inputs) { [F.crossEntropy($0[0], $0[1])] }[0].elements[0]
    #expect(loss == 0.6931472)
  }

  @Test func lossesOfPairs() throws {
    let inputs = try [Tensor([2, 2], [0, 1, 2, 3]), Tensor([2, 2], [0, 0.5, 0, 6])]
    let losses = try evaluate(inputs) { values in
      let (x, target) = (values[0], values[1])
      return [
        F.mseLoss(x, target), F.mseLoss(x, target, reduction: .sum), F.l1Loss(x, target),
        F.smoothL1Loss(x, target, beta: 1),
      ]
    }
    #expect(losses.map(\.shape) == [[], [], [], []])
    #expect(losses.map { $0.elements[0] } == [3.3125, 13.25, 1.375, 1.03125])
  }

  @Test func binaryCrossEntropyOfScores() throws {
    let inputs = try [Tensor([3], [0, 200, -200]), Tensor([3], [0.25, 1, 1])]
    let loss = try evaluate(inputs) {
      [F.binaryCrossEntropyWithLogits($0[0], $0[1], reduction: .sum)]
    }
    #expect(loss[0].elements[0] == 200.69315)
  }

  @Test func mistakes() {
    #expect(
      mistake([[8, 10], [8, 10]]) { [F.crossEntropy($0[0], $0[1])] } == """
        crossentropyloss (input [8, 10] from input0): CrossEntropyLoss expects class numbers of \
        shape [8], got [8, 10]
        """)
    #expect(
      mistake([[8], [8]]) { [F.nllLoss($0[0], $0[1])] } == """
        nllloss (input [8] from input0): NLLLoss expects scores [B, C] or [B, C, H, W], got [8]
        """)
    #expect(
      mistake([[8, 10], [8]]) { [F.crossEntropy($0[0], $0[1], labelSmoothing: 2)] } == """
        crossentropyloss (input [8, 10] from input0): CrossEntropyLoss cannot smooth labels by 2.0
          it must be in 0...1
        """)
    #expect(
      mistake([[8, 10], [10]]) { [F.mseLoss($0[0], $0[1])] } == """
        mseloss (input [8, 10] from input0): MSELoss expects a target of shape [8, 10], got [10]
        """)
  }
}
