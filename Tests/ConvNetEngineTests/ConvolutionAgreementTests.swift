import ConvNetEngine
import ConvNetGraph
import Testing

@Suite struct ConvolutionAgreementTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let channels: (Int, Int)
    let size: (Int, Int)
    let kernel: Size2D
    let stride: Int
    let padding: Padding2D
    let dilation: Int
    let groups: Int
    let bias: Bool
    var testDescription: String {
      "\(channels) \(size) k\(kernel) s\(stride) p\(padding) d\(dilation) g\(groups)"
    }
  }

  static let cases: [Case] = (0..<40).map { index in
    let random = CounterRandom(seed: 7, stream: "convolution cases")
    func pick<T>(_ values: [T], _ salt: Int) -> T {
      values[random.integer(below: values.count, at: UInt64(index * 16 + salt))]
    }
    let groups = pick([1, 1, 1, 2, 4], 0)
    let depthwise = pick([false, false, true], 1)
    let inputs = groups * pick([1, 3, 5, 16, 19], 2)
    return Case(
      channels: (inputs, depthwise ? inputs : groups * pick([1, 4, 16, 17], 3)),
      size: (pick([7, 9, 12, 17], 4), pick([7, 8, 13], 5)),
      kernel: Size2D(height: pick([1, 3, 3, 5], 6), width: pick([1, 3, 3, 2], 7)),
      stride: pick([1, 1, 2, 3], 8),
      padding: pick(
        [0.padding2D, 1.padding2D, .same, .sides(top: 0, bottom: 2, left: 1, right: 0)], 9),
      dilation: pick([1, 1, 2], 10), groups: depthwise ? inputs : groups,
      bias: pick([true, false], 11))
  }

  @Test(arguments: cases) func agreesWithTheReference(_ test: Case) throws {
    let net = Conv2d(
      inChannels: test.channels.0, outChannels: test.channels.1, kernelSize: test.kernel,
      stride: test.stride, padding: test.padding, dilation: test.dilation, groups: test.groups,
      bias: test.bias)
    let graph = try Graph(net, input: [test.channels.0, test.size.0, test.size.1])
      .reshaped(batch: 3)
    try expectAgreement(graph, seed: 11)
    try expectAgreement(try withGradients(graph), purpose: .training, seed: 11)
  }
}

/// Convolutions large enough for every algorithm that training chooses by itself.
@Suite struct LargeConvolutionAgreementTests {
  @Test(arguments: [(64, 64, 14), (19, 48, 28), (3, 64, 28)])
  func trainingAgreesWithTheReference(_ sizes: (inputs: Int, outputs: Int, size: Int)) throws {
    let net = Conv2d(
      inChannels: sizes.inputs, outChannels: sizes.outputs, kernelSize: 3, padding: 1)
    let graph = try Graph(net, input: [sizes.inputs, sizes.size, sizes.size]).reshaped(batch: 8)
    try expectAgreement(try withGradients(graph), purpose: .training, seed: 31, tolerance: 5e-5)
  }
}
