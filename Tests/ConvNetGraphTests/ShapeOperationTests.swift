import ConvNetGraph
import Testing

@Suite struct ShapeOperationTests {
  private let six: [Float] = [0, 1, 2, 3, 4, 5]

  @Test func flattenJoinsAndInfersAgain() throws {
    let graph = try Graph(input: [2, 3, 4, 5]) { F.flatten($0) }
    #expect(graph.shapes(graph.outputs) == [[2, 60]])
    let other = try graph.reshaped(inputs: [[7, 3, 2, 2]])
    #expect(other.shapes(other.outputs) == [[7, 12]])
    let inner = try Graph(input: [2, 3, 4, 5]) { F.flatten($0, startDim: -3, endDim: -2) }
    #expect(inner.shapes(inner.outputs) == [[2, 12, 5]])
  }

  @Test func aDifferentiatedFlattenInfersForAnotherBatch() throws {
    let graph = try Graph(input: [1, 3, 2, 2]) { F.flatten($0) }
    let loss = try Graph(inputs: [[1, 3, 2, 2], [1, 12]]) { [F.mseLoss(F.flatten($0[0]), $0[1])] }
    let (trained, gradients) = try loss.differentiated(
      loss.outputs[0], withRespectTo: [loss.inputs[0]])
    let other = try trained.reshaped(batch: 5)
    #expect(other.shape(gradients[0]) == [5, 3, 2, 2])
    #expect(graph.nodes.count == 1)
  }

  @Test func reshapeKeepsAndComputesSizes() throws {
    let graph = try Graph(input: [2, 3, 4]) { F.reshape($0, [0, -1, 2, 1]) }
    #expect(graph.shapes(graph.outputs) == [[2, 6, 2, 1]])
    let y = try evaluate([2, 3], six) { F.squeeze(F.unsqueeze($0, dim: 1), dim: -2) }
    #expect(y.shape == [2, 3] && y.elements == six)
  }

  @Test func dimensionsChangePlaces() throws {
    let y = try evaluate([2, 3], six) { F.transpose($0, 0, -1) }
    #expect(y.shape == [3, 2] && y.elements == [0, 3, 1, 4, 2, 5])
    let z = try evaluate([1, 2, 3], six) { F.permute($0, [2, 0, 1]) }
    #expect(z.shape == [3, 1, 2] && z.elements == [0, 3, 1, 4, 2, 5])
  }

  @Test func concatenationAndSplitAreInverse() throws {
    let y = try evaluate([Tensor([2, 1], [7, 8]), Tensor([2, 3], six)]) { [F.cat($0, dim: 1)] }
    #expect(y[0].shape == [2, 4] && y[0].elements == [7, 0, 1, 2, 8, 3, 4, 5])
    let parts = try evaluate(y) { F.split($0[0], sizes: [1, 3], dim: -1) }
    #expect(parts.map(\.elements) == [[7, 8], six])
    let halves = try evaluate(y) { F.split($0[0], size: 3, dim: 1) }
    #expect(halves.map(\.shape) == [[2, 3], [2, 1]])
  }

  @Test func slicesCountAsPythonDoes() throws {
    func part(_ start: Int, _ end: Int, _ step: Int = 1) throws -> [Float] {
      try evaluate([6], six) { F.slice($0, dim: 0, start: start, end: end, step: step) }.elements
    }
    #expect(try part(1, 3) == [1, 2])
    #expect(try part(-2, Int.max) == [4, 5])
    #expect(try part(Int.min, -4) == [0, 1])
    #expect(try part(0, 6, 4) == [0, 4])
    #expect(try part(1, 100, Int.max) == [1])
  }

  @Test func mistakes() {
    #expect(
      mistake([2, 3, 4]) { F.reshape($0, [5, -1]) } == """
        reshape (input [2, 3, 4] from input): Reshape cannot make [5, -1] of [2, 3, 4]
          24 elements do not divide by 5
        """)
    #expect(
      mistake([2, 3]) { F.reshape($0, [3, 3]) } == """
        reshape (input [2, 3] from input): Reshape cannot make [3, 3] of [2, 3]
          6 elements against 9
        """)
    #expect(
      mistake([[2, 3, 4], [2, 3, 5]]) { [F.cat($0, dim: 1)] } == """
        concat (input [2, 3, 4] from input0): Concat cannot put [2, 3, 4] and [2, 3, 5] together
          all sizes except dimension 1 must be equal
        """)
    #expect(
      mistake([2, 3]) { F.slice($0, dim: 1, start: 2, end: 2) } == """
        slice (input [2, 3] from input): Slice takes nothing of dimension 1 of [2, 3]
          the range is 2..<2 of size 3
        """)
    #expect(
      mistake([2, 3]) { F.permute($0, [0, 0]) } == """
        transpose (input [2, 3] from input): Transpose names dimension 0 twice: [0, 0]
        """)
    #expect(
      mistake([2, 3]) { F.squeeze($0, dim: 1) } == """
        squeeze cannot drop dimension 1 of [2, 3]
          its size is 3, not 1
        """)
    #expect(
      mistake([2, 5]) { F.split($0, sizes: [2, 2], dim: 1)[0] } == """
        split cannot cut dimension 1 of [2, 5] into [2, 2]
          the sizes must be positive and add up to 5
        """)
    #expect(
      mistake([2, 3, 4]) { F.flatten($0, startDim: 2, endDim: 1) } == """
        flatten (input [2, 3, 4] from input): Flatten cannot join dimensions 2 to 1 of [2, 3, 4]
          the first must not stand behind the last
        """)
  }
}
