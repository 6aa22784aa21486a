import ConvNetGraph
import Testing

@Suite struct ActivationTests {
  private func points(_ trace: (Value) -> Value) throws -> [Float] {
    try evaluate([5], [-4, -1, 0, 1, 8], trace).elements
  }

  @Test func piecesOfStraightLines() throws {
    #expect(try points { F.relu($0) } == [0, 0, 0, 1, 8])
    #expect(try points { F.relu6($0) } == [0, 0, 0, 1, 6])
    #expect(try points { F.leakyReLU($0, negativeSlope: 0.25) } == [-1, -0.25, 0, 1, 8])
    #expect(try points { F.hardsigmoid($0) } == [0, 1 / 3, 0.5, 2 / 3, 1])
    #expect(try points { F.hardswish($0) } == [0, -1 / 3, 0, 2 / 3, 8])
    #expect(try points { $0.applying(ClipOperation(minimum: -1)) } == [-1, -1, 0, 1, 8])
  }

  @Test func smoothFunctionsAtKnownPoints() throws {
    #expect(try points { F.sigmoid($0) }[2] == 0.5)
    #expect(try points { F.tanh($0) }[3] == 0.76159416)
    #expect(try points { F.silu($0) }[3] == 0.7310586)
    #expect(try points { F.gelu($0) }[3] == 0.84134477)
    #expect(try points { F.gelu($0, approximate: .tanh) }[3] == 0.841192)
    #expect(try points { F.elu($0, alpha: 2) }[1] == -1.2642411)
    #expect(try points { F.softplus($0) }[2] == 0.6931472)
  }

  @Test func extremeScoresDoNotOverflow() throws {
    let far: [Float] = [-1000, 1000]
    #expect(try evaluate([2], far) { F.sigmoid($0) }.elements == [0, 1])
    #expect(try evaluate([2], far) { F.softplus($0) }.elements == [0, 1000])
    #expect(try evaluate([2], far) { F.softmax($0, dim: 0) }.elements == [0, 1])
    #expect(try evaluate([2], far) { F.logSoftmax($0, dim: 0) }.elements == [-2000, 0])
  }

  @Test func notANumberStaysOne() throws {
    for trace in [F.relu, F.relu6, F.hardsigmoid, F.hardswish, F.sigmoid] {
      #expect(try evaluate([1], [.nan], trace).elements[0].isNaN)
    }
  }

  @Test func slopesPerChannel() throws {
    let y = try evaluate([Tensor([1, 2, 2], [-1, 2, -3, 4]), Tensor([2], [0.5, 10])]) {
      [F.prelu($0[0], weight: $0[1])]
    }
    #expect(y[0].elements == [-0.5, 2, -30, 4])
  }

  @Test func sharesAddUpAlongTheirDimension() throws {
    let third: Float = 1 / 3
    let y = try evaluate([2, 3], [5, 5, 5, 0, 0, 0]) { F.softmax($0, dim: -1) }
    #expect(y.elements == [Float](repeating: third, count: 6))
    let columns = try evaluate([2, 1], [0, 0]) { F.softmax($0, dim: 0) }
    #expect(columns.elements == [0.5, 0.5])
  }

  @Test func numbersMixWithValues() throws {
    let y = try evaluate([2], [2, 4]) { x in 1 - x * 3 + (x + 2) / 2 + 8 / x - (-x) }
    #expect(y.elements == [3, -2])
  }

  @Test func mistakes() {
    #expect(
      mistake([2, 3]) { F.softmax($0, dim: 2) } == """
        softmax (input [2, 3] from input): Softmax has no dimension 2 in [2, 3]
          possible are -2...1, negative ones from the end
        """)
    #expect(
      mistake([2, 3]) { F.clip($0, minimum: 1, maximum: 0) } == """
        clip (input [2, 3] from input): Clip cannot keep numbers in 1.0...0.0
          the minimum must not be above the maximum
        """)
    #expect(
      mistake([[2, 3, 4, 4], [4]]) { [F.prelu($0[0], weight: $0[1])] } == """
        prelu (input [2, 3, 4, 4] from input0): PReLU cannot use slopes [4] for [2, 3, 4, 4]
          one slope per channel or one for all
          set numParameters: 3 or 1
        """)
    #expect(
      mistake([2]) { F.softplus($0, beta: 0) }
        == "softplus (input [2] from input): Softplus cannot divide by a beta of 0.0")
  }
}
