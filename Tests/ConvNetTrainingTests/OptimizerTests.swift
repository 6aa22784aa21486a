@testable import ConvNet
import Testing

/// A parameter and a gradient in memory of their own.
private final class Row {
  let parameter: UnsafeMutableBufferPointer<Float>
  let gradient: UnsafeMutableBufferPointer<Float>
  let shape: Shape

  init(_ start: Tensor) {
    shape = start.shape
    parameter = .allocate(capacity: shape.count)
    gradient = .allocate(capacity: shape.count)
    _ = parameter.initialize(fromContentsOf: start.elements)
    gradient.initialize(repeating: 0)
  }

  deinit {
    parameter.deallocate()
    gradient.deallocate()
  }

  func target(_ name: String = "p", decays: Bool = true) throws -> ParameterUpdates.Target {
    ParameterUpdates.Target(
      name: name, shape: shape, parameter: try #require(parameter.baseAddress),
      gradient: UnsafePointer(try #require(gradient.baseAddress)), decays: decays)
  }

  var tensor: Tensor { get throws { try Tensor(shape, Array(parameter)) } }
}

private func numbers(_ count: Int, seed: UInt64) -> Tensor {
  Initializer.normal(standardDeviation: 1).tensor(shape: [count], name: "test", seed: seed)
}

@Suite struct OptimizerTests {
  @Test(.enabled(if: Golden.isPresent, "PyTorch's cases are not there"))
  func everyStepIsAsInPyTorch() throws {
    let golden = try #require(Golden.shared)
    let cases = golden.cases("optim.")
    #expect(!cases.isEmpty || Golden.isNamed)
    var largest = 0.0
    for item in cases {
      let row = Row(try golden.tensor(item, "p"))
      let updates = try ParameterUpdates(
        [try row.target()], optimizer: try Golden.optimizer(item.operation, item.parameters),
        kernels: OptimizerKernels(), threads: 1)
      let rate = try #require(item.parameters["lr"]?.double)
      for step in 0..<(item.parameters["steps"]?.int ?? 0) {
        _ = row.gradient.update(fromContentsOf: try golden.tensor(item, "g\(step)").elements)
        updates.step(learningRate: rate)
        let difference = largestDifference(
          try row.tensor, try golden.tensor(item, "p_after_\(step + 1)"))
        #expect(difference < 1e-6, "\(item.id), step \(step + 1)")
        largest = max(largest, difference)
      }
      #expect(updates.stepCount == item.parameters["steps"]?.int)
    }
    print("optimizers: \(cases.count) cases, largest relative difference \(largest)")
  }

  @Test func aLongGradientIsShortenedToTheNorm() throws {
    let row = Row(Tensor([3]))
    let updates = try ParameterUpdates(
      [try row.target()], optimizer: .sgd(), kernels: OptimizerKernels(), threads: 1)
    _ = row.gradient.update(fromContentsOf: [3, 0, 4])
    #expect(updates.step(learningRate: 1, clipNorm: 1) == 5)
    #expect(largestDifference(try row.tensor, try Tensor([3], [-0.6, 0, -0.8])) < 1e-6)
    #expect(updates.step(learningRate: 1, clipNorm: 10) == 5)
    #expect(largestDifference(try row.tensor, try Tensor([3], [-3.6, 0, -4.8])) < 1e-6)
  }

  @Test func theNormOfManyPiecesIsTheNormOfAll() throws {
    let rows = [Row(Tensor([40_000])), Row(Tensor([7]))]
    var sum = 0.0
    for (position, row) in rows.enumerated() {
      let gradient = numbers(row.shape.count, seed: UInt64(position)).elements
      _ = row.gradient.update(fromContentsOf: gradient)
      sum += gradient.reduce(0) { $0 + Double($1) * Double($1) }
    }
    let updates = try ParameterUpdates(
      try rows.map { try $0.target() }, optimizer: .sgd(), kernels: OptimizerKernels(), threads: 2)
    // The updates hold addresses only: optimised code would free the rows after their last mention.
    let norm = withExtendedLifetime(rows) { updates.gradientNorm() }
    #expect(abs(norm / sum.squareRoot() - 1) < 1e-6)
  }

  @Test func weightDecayLeavesOutWhatDoesNotDecay() throws {
    let rows = [Row(Tensor([2], repeating: 1)), Row(Tensor([2], repeating: 1))]
    let updates = try ParameterUpdates(
      [try rows[0].target("w", decays: true), try rows[1].target("b", decays: false)],
      optimizer: .sgd(weightDecay: 0.5), kernels: OptimizerKernels(), threads: 1)
    updates.step(learningRate: 0.1)
    #expect(try rows[0].tensor.elements == [0.95, 0.95])
    #expect(try rows[1].tensor.elements == [1, 1])
  }

  @Test(arguments: [
    Optimizer.sgd(momentum: 0.9, nesterov: true, weightDecay: 0.01), .adam(), .adamW(),
    .rmsprop(momentum: 0.9, centered: true),
  ])
  func theBitsAreTheSameAtAnyThreadCountAndAfterAResume(_ optimizer: Optimizer) throws {
    func train(threads: Int, resumeAfter: Int?) throws -> [[Float]] {
      let rows = [Row(numbers(50_000, seed: 1)), Row(numbers(33, seed: 2))]
      func make() throws -> ParameterUpdates {
        try ParameterUpdates(
          [try rows[0].target("a"), try rows[1].target("b", decays: false)],
          optimizer: optimizer, kernels: OptimizerKernels(), threads: threads)
      }
      var updates = try make()
      for step in 0..<4 {
        if step == resumeAfter {
          let next = try make()
          next.moments = updates.moments
          next.stepCount = updates.stepCount
          updates = next
        }
        for (position, row) in rows.enumerated() {
          _ = row.gradient.update(
            fromContentsOf: numbers(row.shape.count, seed: UInt64(10 * step + position)).elements)
        }
        updates.step(learningRate: 0.01, clipNorm: 3)
      }
      return rows.map { Array($0.parameter) }
    }
    let expected = try train(threads: 1, resumeAfter: nil)
    #expect(expected[1].allSatisfy { $0.isFinite })
    #expect(try train(threads: 2, resumeAfter: nil) == expected)
    #expect(try train(threads: 3, resumeAfter: nil) == expected)
    #expect(try train(threads: 2, resumeAfter: 2) == expected)
  }

  @Test func settingsOutOfRangeAreRefused() {
    let error = #expect(throws: ConvNetError.self) { try Optimizer.sgd(momentum: 1).validate() }
    #expect(
      error?.description
        == "optimizer sgd: momentum 1.0 is not possible\n  it must be in 0..<1")
    #expect(throws: ConvNetError.self) { try Optimizer.sgd(nesterov: true).validate() }
    #expect(throws: ConvNetError.self) { try Optimizer.adam(weightDecay: .nan).validate() }
    #expect(throws: ConvNetError.self) { try Optimizer.adamW(beta2: -0.1).validate() }
    #expect(throws: ConvNetError.self) { try Optimizer.rmsprop(epsilon: 0).validate() }
  }
}
