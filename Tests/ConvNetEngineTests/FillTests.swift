import ConvNetEngine
import ConvNetGraph
import Testing

@Suite struct FillTests {
  @Test(arguments: [([2, 3, 5, 7], false), ([3, 40, 4, 4], true), ([4, 4099], false)])
  func dropoutDrawsTheSameFactorsAsTheReference(_ shape: [Int], wholeChannels: Bool) throws {
    for probability in [Float(0.25), 0.5, 1] {
      let graph = try Graph(input: Shape(shape)) { x in
        wholeChannels ? F.dropout2d(x, p: probability) : F.dropout(x, p: probability)
      }.trainingForm()
      let ones = Tensor(Shape(shape), repeating: 1)
      try expectAgreement(
        graph, purpose: .training, seed: 1, tolerance: 1e-7,
        inputs: [ones, RandomKey.tensor(0x0123_4567_89AB_CDEF)])
    }
  }

  @Test func noStepOfAClassifiersTrainingRunsByReferenceLoops() throws {
    let graph = try Graph(input: [2, 3, 8, 8]) { x in
      F.dropout(F.flatten(F.globalAvgPool2d(F.relu(x))), p: 0.5)
    }.trainingForm()
    let plan = try Plan(graph, purpose: .training)
    #expect("\(plan)".contains("dropout factors"))
    #expect(!"\(plan)".contains("reference loops"))
  }

  @Test func predictingSkipsDropout() throws {
    let graph = try Graph(input: [2, 20, 6, 6]) { x in
      F.relu(F.dropout(F.relu(F.dropout2d(x, p: 0.3)), p: 0.5) + x)
    }
    let plan = try Plan(graph)
    #expect(!"\(plan)".lowercased().contains("dropout"))
    try expectAgreement(graph, seed: 2, tolerance: 1e-7)
    // What nothing reads is an output, and stays.
    try expectAgreement(
      try Graph(input: [2, 20, 6, 6]) { F.dropout($0, p: 0.5) }, seed: 3, tolerance: 0)
  }
}
