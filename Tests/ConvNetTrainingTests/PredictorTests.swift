import ConvNet
import Testing

private func model() throws -> Model {
  try Model(SmallClassifier(), input: [1, 8, 8], seed: 4, labels: ["rows", "columns", "middle"])
}

private func images(_ count: Int) throws -> [Image] {
  let pictures = Pictures(count: count)
  return try (0..<count).map { (index) throws(ConvNetError) in try pictures.image(at: index) }
}

@Suite struct PredictorTests {
  @Test func batchesAndThreadsDoNotChangeABit() async throws {
    let model = try model()
    let images = try images(11)
    let expected = try await model.predictor(options: EngineOptions(threads: 1))(images)
    #expect(expected.shape == [11, 3])
    for (batch, threads) in [(1, 2), (4, 1), (4, 3), (16, 2)] {
      let predictor = try model.predictor(batch: batch, options: EngineOptions(threads: threads))
      #expect(try await predictor(images) == expected, "batch \(batch), \(threads) threads")
    }
    let single = try model.predictor()
    for (index, image) in images.enumerated() {
      let scores = try await single(image)
      #expect(scores.shape == [3])
      #expect(scores.elements == Array(expected.elements[(3 * index)..<(3 * index + 3)]))
    }
  }

  @Test func manyTasksAtOnceGetTheSameAnswers() async throws {
    let predictor = try model().predictor(batch: 2, concurrency: 3)
    let images = try images(12)
    let expected = try await predictor(images)
    try await withThrowingTaskGroup(of: Tensor.self) { group in
      for _ in 0..<60 { group.addTask { try await predictor(images) } }
      for try await result in group { #expect(result == expected) }
    }
  }

  @Test func aCancelledTaskLeavesTheLine() async throws {
    let predictor = try model().predictor(concurrency: 1)
    let images = try images(24)
    let expected = try await predictor(images)
    let busy = (0..<8).map { _ in Task { try await predictor(images) } }
    let cancelled = Task { try await predictor(images) }
    cancelled.cancel()
    let result = await cancelled.result
    #expect(throws: ConvNetError.self) { try result.get() }
    for task in busy { #expect(try await task.value == expected) }
    // The line is intact afterwards.
    #expect(try await predictor(images) == expected)
  }

  @Test func theReferenceAgrees() async throws {
    let model = try model()
    let input = Initializer.normal(standardDeviation: 1)
      .tensor(shape: [3, 1, 8, 8], name: "x", seed: 1)
    let expected = try ReferenceExecutor<Float>(model.graph.reshaped(batch: 3))
      .run(model.weights, [input])[0]
    let scores = try await model.predictor(batch: 2)(input)
    #expect(largestDifference(scores, expected) < 1e-5)
  }

  @Test func theLikeliestClassesComeFirst() async throws {
    let predictor = try model().predictor()
    let image = try images(1)[0]
    let scores = try await predictor(image).elements
    let classes = try await predictor.classify(image, top: 2)
    #expect(classes.count == 2)
    #expect(scores[classes[0].index] >= scores[classes[1].index])
    #expect(classes[0].index == scores.indices.max { scores[$0] < scores[$1] })
    #expect(classes[0].label == ["rows", "columns", "middle"][classes[0].index])
    let all = try await predictor.classify([image, image], top: 10)
    #expect(all.count == 2 && all[0] == all[1])
    #expect(abs(all[0].reduce(0) { $0 + $1.probability } - 1) < 1e-12)
  }

  @Test func picturesOfAnySizeAndColorAreTaken() async throws {
    var model = try model()
    model.preprocessing.mean = [0.5]
    let predictor = try model.predictor()
    let sizes = [(8, 8), (20, 9), (3, 40), (1, 1), (2_000, 2)]
    for (width, height) in sizes {
      let pixels = (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 * 7) }
      let image = try Image(width: width, height: height, channels: 3, pixels: pixels)
      let scores = try await predictor(image)
      #expect(scores.elements.allSatisfy { $0.isFinite }, "\(width) x \(height)")
    }
    // A picture of the right size goes in as it is.
    let image = try images(1)[0]
    let numbers = image.pixels.map { (Float($0) / 255 - 0.5) / 1 }
    let direct = try await predictor(Tensor([1, 1, 8, 8], numbers))
    #expect(try await predictor(image).elements == direct.elements)
  }

  @Test func wrongShapesAreErrors() async throws {
    let predictor = try model().predictor()
    let error = await #expect(throws: ConvNetError.self) {
      try await predictor(Tensor([1, 3, 8, 8]))
    }
    #expect(error?.summary == "input of shape [1, 3, 8, 8], expected is [N, 1, 8, 8]")
    #expect(try await predictor(Tensor([0, 1, 8, 8])).shape == [0, 3])
    #expect(try await predictor([Image]()).shape == [0, 3])
    #expect(throws: ConvNetError.self) { try model().predictor(batch: 0) }
  }

  @Test func aNetworkThatNeedsMoreMemoryThanThereIsIsAnError() throws {
    struct Wide: Module {
      let conv = Conv2d(inChannels: 1, outChannels: 64, kernelSize: 1)
      func forward(_ x: Value) -> Value { conv(x) }
    }
    let model = try Model(Wide(), input: [1, 60_000, 60_000])
    let error = #expect(throws: ConvNetError.self) { try model.predictor() }
    #expect(error?.summary.hasPrefix("the network needs ") == true)
    #expect(error?.advice == "use smaller pictures or a smaller batch")
  }
}
