internal import ConvNet
internal import ConvNetEngine
internal import ConvNetGraph

/// A small network computed fast and by the plain loops of the definition.
enum NumericSelfTest {
  /// The largest difference that counts as right, of numbers around 1: float32 rounding over a few
  /// thousand additions, Winograd's included, stays well below.
  static let tolerance: Float = 1e-3

  /// One of each: dense, strided and depthwise convolution, batch norm, activation, pooling, linear.
  private struct Net: Module {
    let conv1 = Conv2d(inChannels: 3, outChannels: 32, kernelSize: 3, stride: 1, padding: 1)
    let bn1 = BatchNorm2d(32)
    let conv2 = Conv2d(
      inChannels: 32, outChannels: 32, kernelSize: 3, stride: 1, padding: 1, groups: 32)
    let conv3 = Conv2d(inChannels: 32, outChannels: 48, kernelSize: 1)
    let conv4 = Conv2d(inChannels: 48, outChannels: 64, kernelSize: 3, stride: 2, padding: 1)
    let fc = Linear(64, 10)

    func forward(_ x: Value) -> Value {
      let x = F.relu(bn1(conv1(x)))
      let y = F.maxPool2d(F.relu(conv3(conv2(x))), kernelSize: 2)
      return fc(F.flatten(F.globalAvgPool2d(F.relu(conv4(y)))))
    }
  }

  /// The largest difference between the two, over the largest number of the definition's result.
  static func largestDifference(instructionSet: String) throws(ConvNetError) -> Float {
    let graph = try Graph(Net(), input: [3, 24, 20])
    let weights = graph.initialWeights(seed: 1)
    let random = CounterRandom(seed: 2, stream: "self-test")
    let picture = try Tensor(
      [1, 3, 24, 20], (0..<3 * 24 * 20).map { Float(random.uniform(at: UInt64($0)) * 2 - 1) })
    func scores(_ options: EngineOptions) throws(ConvNetError) -> [Float] {
      let executor = try Executor(Plan(graph, options: options), weights: weights)
      return try executor.run([picture]).flatMap { $0.elements }
    }
    let fast = try scores(EngineOptions(instructionSet: instructionSet))
    let exact = try scores(EngineOptions(algorithms: .reference))
    let scale = exact.reduce(Float(1e-6)) { max($0, abs($1)) }
    let worst = zip(fast, exact).reduce(Float(0)) { worst, pair in
      let difference = abs(pair.0 - pair.1)
      // Not-a-number compares with nothing: it counts as infinitely wrong.
      return difference.isNaN ? .infinity : max(worst, difference)
    }
    return worst / scale
  }
}
