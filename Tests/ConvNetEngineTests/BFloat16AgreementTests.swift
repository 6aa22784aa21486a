import ConvNetEngine
import ConvNetGraph
import Testing

/// Graphs with bfloat16 allowed: close to the float64 reference, and the same bits at any number of
/// threads on every instruction set.
@Suite struct BFloat16AgreementTests {
  @Test(arguments: ConvolutionAgreementTests.cases.prefix(20))
  func convolutionsAgreeWithTheReference(_ test: ConvolutionAgreementTests.Case) throws {
    let net = Conv2d(
      inChannels: test.channels.0, outChannels: test.channels.1, kernelSize: test.kernel,
      stride: test.stride, padding: test.padding, dilation: test.dilation, groups: test.groups,
      bias: test.bias)
    let graph = try Graph(net, input: [test.channels.0, test.size.0, test.size.1])
      .reshaped(batch: 3)
    try expectAgreement(graph, seed: 12, tolerance: 1e-2, precision: .bfloat16)
    try expectAgreement(
      try withGradients(graph), purpose: .training, seed: 12, tolerance: 1e-2,
      precision: .bfloat16)
  }

  struct Block: Module {
    let conv1 = Conv2d(inChannels: 24, outChannels: 40, kernelSize: 1, bias: false)
    let bn1 = BatchNorm2d(40)
    let conv2 = Conv2d(
      inChannels: 40, outChannels: 40, kernelSize: 3, stride: 2, padding: 1, bias: false)
    let bn2 = BatchNorm2d(40)
    let shortcut = Conv2d(inChannels: 24, outChannels: 40, kernelSize: 1, stride: 2)
    let fc = Linear(40, 10)

    func forward(_ x: Value) -> Value {
      let y = bn2(conv2(F.relu(bn1(conv1(x)))))
      return fc(F.flatten(F.globalAvgPool2d(F.relu(y + shortcut(x)))))
    }
  }

  @Test func fusedBlocksAgreeWithTheReference() throws {
    let graph = try Graph(Block(), input: [24, 15, 13]).reshaped(batch: 4)
    try expectAgreement(graph, seed: 3, tolerance: 1e-2, precision: .bfloat16)
  }

  struct Squares: Module {
    let first = Conv2d(inChannels: 3, outChannels: 64, kernelSize: 3, padding: 1)
    let second = Conv2d(inChannels: 64, outChannels: 64, kernelSize: 3, padding: 1)

    func forward(_ x: Value) -> Value { second(first(x)) }
  }

  @Test func thePlanSaysWhatItRoundsAndWhyNot() throws {
    let graph = try Graph(Block(), input: [24, 15, 13]).reshaped(batch: 4)
    func text(_ graph: Graph, _ precision: EngineOptions.Precision) throws -> String {
      try Plan(graph, options: EngineOptions(threads: 1, precision: precision)).description
    }
    let rounded = try text(graph, .bfloat16)
    #expect(rounded.contains("direct, bfloat16"))
    #expect(rounded.contains("matrix product, bfloat16"))
    #expect(try !text(graph, .float32).contains("bfloat16"))
    let squares = try text(Graph(Squares(), input: [3, 56, 56]), .bfloat16)
    #expect(squares.contains("bfloat16: the first layer reads the plain picture"))
    #expect(squares.contains("bfloat16: Winograd in float32 is faster"))
  }
}
