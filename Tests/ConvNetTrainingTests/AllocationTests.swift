import CAllocationCounter
import ConvNet
import Testing

/// Something of everything that a network's step runs: dense, strided, grouped and depthwise
/// convolutions, batch norm, residual, pooling, activations, linear.
private struct Net: Module {
  let conv1 = Conv2d(inChannels: 3, outChannels: 32, kernelSize: 3, padding: 1, bias: false)
  let bn1 = BatchNorm2d(32)
  let conv2 = Conv2d(inChannels: 32, outChannels: 32, kernelSize: 3, padding: 1)
  let depthwise = Conv2d(inChannels: 32, outChannels: 32, kernelSize: 3, padding: 1, groups: 32)
  let pointwise = Conv2d(inChannels: 32, outChannels: 48, kernelSize: 1, bias: false)
  let bn2 = BatchNorm2d(48)
  let conv3 = Conv2d(inChannels: 48, outChannels: 64, kernelSize: 3, stride: 2, padding: 1)
  let fc = Linear(64, 10)

  func forward(_ x: Value) -> Value {
    let first = F.relu(bn1(conv1(x)))
    let second = F.relu(conv2(first) + first)
    let third = F.silu(bn2(pointwise(F.relu6(depthwise(second)))))
    let pooled = F.maxPool2d(conv3(F.dropout(third, p: 0.2)), kernelSize: 2)
    return fc(F.flatten(F.globalAvgPool2d(pooled)))
  }
}

/// After the first run a step neither allocates nor plans, which would allocate.
@Suite(.enabled(if: allocations_are_counted(), "allocations are counted with glibc only"))
struct AllocationTests {
  private static let steps = 5

  /// The allocations of the calling thread in some runs after two others.
  private func allocations(_ run: () -> Void) -> Int64 {
    for _ in 0..<2 { run() }
    let before = allocations_of_this_thread()
    for _ in 0..<AllocationTests.steps { run() }
    return allocations_of_this_thread() - before
  }

  @Test func anAllocationIsCounted() {
    let before = allocations_of_this_thread()
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 100, alignment: 64)
    let after = allocations_of_this_thread()
    memory.deallocate()
    #expect(after > before)
  }

  @Test(arguments: [nil, 1] as [Int?])
  func predictingAllocatesNothing(expectedRuns: Int?) throws {
    let graph = try Graph(Net(), input: [3, 24, 20]).reshaped(batch: 2)
    for threads in [1, 2] {
      let plan = try Plan(
        graph, options: EngineOptions(threads: threads, expectedRuns: expectedRuns))
      let executor = try Executor(plan, weights: graph.initialWeights(seed: 1))
      var sum: Float = 0
      let count = allocations {
        executor.withInput(0) { $0.update(repeating: 0.5) }
        executor.run()
        executor.withOutput(0) { sum += $0[0] }
      }
      #expect(sum.isFinite)
      #expect(count == 0, "\(threads) threads")
    }
  }

  @Test func aTrainingStepAllocatesNothing() throws {
    let graph = try Graph(Net(), input: [3, 24, 20])
    let training = try TrainingGraph(graph, batch: 4)
    for threads in [1, 2] {
      let plan = try Plan(
        training.graph, purpose: .training, options: EngineOptions(threads: threads))
      let executor = try Executor(plan, weights: graph.initialWeights(seed: 1))
      let count = allocations {
        executor.withInput(0) { $0.update(repeating: 0.5) }
        executor.withInput(training.targetPosition) { $0.update(repeating: 3) }
        executor.run()
      }
      #expect(count == 0, "\(threads) threads")
    }
  }
}
