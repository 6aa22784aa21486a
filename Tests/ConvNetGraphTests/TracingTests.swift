import ConvNetGraph
import Testing

private struct Block: Module {
  let conv1: Conv2d
  let downsample: Sequential?

  init(_ channels: Int, downsample: Bool) {
    conv1 = Conv2d(inChannels: channels, outChannels: channels, kernelSize: 3, padding: 1)
    self.downsample =
      downsample
      ? Sequential { Conv2d(inChannels: channels, outChannels: channels, kernelSize: 1) } : nil
  }

  func forward(_ x: Value) -> Value {
    F.relu(conv1(x) + (downsample.map { $0(x) } ?? x))
  }
}

private struct Net: Module {
  let stem = Conv2d(inChannels: 3, outChannels: 4, kernelSize: 3, padding: .same)
  let layer1 = Sequential {
    Block(4, downsample: false)
    for _ in 0..<2 { Block(4, downsample: true) }
    ReLU()
  }

  func forward(_ x: Value) -> Value { layer1(F.relu(stem(x))) }
}

@Suite struct TracingTests {
  @Test func parameterNamesAreThePropertyPaths() throws {
    let graph = try Graph(Net(), input: [3, 8, 8])
    #expect(
      graph.parameters.map(\.name) == [
        "stem.weight", "stem.bias", "layer1.0.conv1.weight", "layer1.0.conv1.bias",
        "layer1.1.conv1.weight", "layer1.1.conv1.bias", "layer1.1.downsample.0.weight",
        "layer1.1.downsample.0.bias", "layer1.2.conv1.weight", "layer1.2.conv1.bias",
        "layer1.2.downsample.0.weight", "layer1.2.downsample.0.bias",
      ])
  }

  @Test func nodeNamesAreTheLayerPaths() throws {
    let graph = try Graph(Net(), input: [3, 8, 8])
    #expect(
      graph.nodes.map(\.name) == [
        "stem", "relu", "layer1.0.conv1", "layer1.0.add", "layer1.0.relu", "layer1.1.conv1",
        "layer1.1.downsample.0", "layer1.1.add", "layer1.1.relu", "layer1.2.conv1",
        "layer1.2.downsample.0", "layer1.2.add", "layer1.2.relu", "layer1.3",
      ])
  }

  @Test func mistakesNameLayerShapesAndFix() throws {
    struct Wrong: Module {
      let first = Conv2d(inChannels: 3, outChannels: 8, kernelSize: 3)
      let second = Conv2d(inChannels: 16, outChannels: 8, kernelSize: 3)
      func forward(_ x: Value) -> Value { F.relu(second(first(x))) }
    }
    let error = #expect(throws: ConvNetError.self) { try Graph(Wrong(), input: [3, 8, 8]) }
    #expect(
      error?.description == """
        second (input [1, 8, 6, 6] from first): Conv2d expects 16 input channels, got 8
          weights are [8, 16, 3, 3] with 1 group
          set inChannels: 8, or put a layer with 16 output channels before it
        """)
  }

  @Test func aWindowThatDoesNotFitQuotesTheFormula() throws {
    let net = Sequential { Conv2d(inChannels: 3, outChannels: 8, kernelSize: 7) }
    let error = #expect(throws: ConvNetError.self) { try Graph(net, input: [3, 5, 5]) }
    #expect(
      error?.description == """
        0 (input [1, 3, 5, 5] from input): kernel 7 does not fit: H + 2P = 5 + 2*0 < D(K-1) + 1 = 1*6 + 1
          floor((5 + 2*0 - 1*6 - 1)/1) + 1 < 1
          add padding of at least 1, use a larger image, or remove a layer that shrinks it
        """)
  }

  @Test func aLayerMadeInsideForwardIsAnError() throws {
    struct Inside: Module {
      func forward(_ x: Value) -> Value { Conv2d(inChannels: 3, outChannels: 4, kernelSize: 1)(x) }
    }
    let error = #expect(throws: ConvNetError.self) { try Graph(Inside(), input: [3, 4, 4]) }
    #expect(error?.advice?.contains("store the layer as a property") == true)
  }

  @Test func anotherBatchAndImageSizeInferAgain() throws {
    let graph = try Graph(Net(), input: [3, 8, 8]).reshaped(inputs: [[5, 3, 10, 6]])
    #expect(graph.shapes(graph.outputs) == [[5, 4, 10, 6]])
  }
}
