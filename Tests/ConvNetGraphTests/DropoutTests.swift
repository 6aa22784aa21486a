import ConvNetGraph
import Testing

@Suite struct DropoutTests {
  private func dropped(
    _ shape: Shape, seed: UInt64, _ trace: (Value) -> Value
  ) throws -> [Float] {
    let graph = try Graph(input: shape, trace).trainingForm()
    let ones = Tensor(shape, repeating: 1)
    return try ReferenceExecutor<Float>(graph).run(Weights(), [ones, RandomKey.tensor(seed)])[0]
      .elements
  }

  @Test func outsideTrainingNothingChanges() throws {
    let numbers: [Float] = [1, -2, 3]
    #expect(try evaluate([3], numbers) { F.dropout($0, p: 0.9) }.elements == numbers)
  }

  @Test func theRightShareIsDroppedAndTheRestEnlarged() throws {
    let y = try dropped([100, 100], seed: 5) { F.dropout($0, p: 0.2) }
    let zeros = y.count { $0 == 0 }
    // The standard deviation of the count is 40.
    #expect((1800...2200).contains(zeros))
    #expect(Set(y) == [0, 1.25])
  }

  @Test func numbersDependOnSeedAndNodeOnly() throws {
    let first = try dropped([64], seed: 1) { F.dropout($0) }
    #expect(try dropped([64], seed: 1) { F.dropout($0) } == first)
    #expect(try dropped([64], seed: 2) { F.dropout($0) } != first)
    // A longer value starts with the same numbers.
    #expect(try Array(dropped([2, 64], seed: 1) { F.dropout($0) }.prefix(64)) == first)
    // Dropped twice at one half, a quarter is left: the two nodes draw different numbers.
    let twice = try dropped([4000], seed: 1) { F.dropout(F.dropout($0)) }
    #expect((850...1150).contains(twice.count { $0 == 4 }))
  }

  @Test func wholeChannelsAreDropped() throws {
    let y = try dropped([8, 4, 3, 3], seed: 3) { F.dropout2d($0, p: 0.5) }
    let channels = stride(from: 0, to: y.count, by: 9).map { Set(y[$0..<$0 + 9]) }
    #expect(channels.allSatisfy { $0.count == 1 })
    #expect(Set(channels) == [[0], [2]])
  }

  @Test func certainAndImpossibleDropping() throws {
    #expect(try Set(dropped([50], seed: 1) { F.dropout($0, p: 1) }) == [0])
    let graph = try Graph(input: [50]) { F.dropout($0, p: 0) }.trainingForm()
    #expect(graph.randomKeyInput == nil)
  }

  @Test func theGradientIsTheMaskAndNothingElseIsComputed() throws {
    let graph = try Graph(input: [4, 6]) { F.sum(F.dropout($0, p: 0.25)) }.trainingForm()
    let (trained, gradients) = try graph.differentiated(
      graph.outputs[0], withRespectTo: [graph.inputs[0]])
    let values = try ReferenceExecutor<Double>(trained).allValues(
      parameters: [],
      inputs: [
        ReferenceArray(Tensor([4, 6], repeating: 2)), ReferenceArray(RandomKey.tensor(9)),
      ])
    let masks = trained.nodes.filter { $0.operation is DropoutMask }
    #expect(masks.count == 1)
    #expect(values[gradients[0].index].elements == values[masks[0].outputs[0].index].elements)
    let used = trained.consumers()
    let unused = trained.nodes.flatMap(\.outputs).filter {
      used[$0.index].isEmpty && !trained.outputs.contains($0)
    }
    #expect(unused.isEmpty)
  }

  @Test func keysKeepAllBits() {
    for seed: UInt64 in [0, 1, 0x0123_4567_89AB_CDEF, .max] {
      let key = RandomKey.tensor(seed).elements
      #expect(RandomKey.seed(key[0], key[1], key[2], key[3]) == seed)
    }
    #expect(RandomKey.seed(.nan, -1, 70000, 2) == 2 << 48)
  }

  @Test func mistakes() {
    #expect(
      mistake([2, 3]) { F.dropout($0, p: 1.5) } == """
        dropout (input [2, 3] from input): Dropout cannot drop a share of 1.5
          the probability must be in 0...1
        """)
    #expect(
      mistake([3]) { F.dropout2d($0) } == """
        dropout (input [3] from input): Dropout of whole channels expects [B, C, ...], got [3]
        """)
  }
}
