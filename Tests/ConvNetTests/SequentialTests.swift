import ConvNet
import Testing

@Suite struct SequentialTests {
  private let net = Sequential {
    Conv2d(inChannels: 3, outChannels: 4, kernelSize: 3)
    ReLU()
    Conv2d(inChannels: 4, outChannels: 5, kernelSize: 3)
    Flatten()
  }

  @Test func childrenAreReadByPosition() {
    #expect(net.count == 4)
    #expect(net[0] is Conv2d)
    #expect(net[1] is ReLU)
    #expect((net[2] as? Conv2d)?.weight.shape == [5, 4, 3, 3])
  }

  @Test func aPartKeepsTheNamesOfTheWhole() throws {
    let whole = try Graph(net, input: [3, 9, 9])
    let part = try Graph(net[..<3], input: [3, 9, 9])
    #expect(part.shapes(part.outputs) == [[1, 5, 5, 5]])
    #expect(part.parameters.map(\.name) == whole.parameters.map(\.name))
    let tail = try Graph(net[2...], input: [4, 7, 7])
    #expect(tail.parameters.map(\.name) == ["2.weight", "2.bias"])
    #expect(net[1..<1].count == 0)
  }

  @Test func anIdentityKeepsItsPlaceAndAddsNothing() throws {
    struct Net: Module {
      let norm: any Module = Identity()
      let features = Sequential {
        Identity()
        Conv2d(inChannels: 3, outChannels: 4, kernelSize: 3)
      }
      func forward(_ x: Value) -> Value { features(norm(x)) }
    }
    let graph = try Graph(Net(), input: [3, 8, 8])
    #expect(graph.nodes.map(\.name) == ["features.1"])
    #expect(graph.parameters.map(\.name) == ["features.1.weight", "features.1.bias"])
    let nothing = try Graph(Identity(), input: [3, 8, 8])
    #expect(nothing.nodes.isEmpty && nothing.outputs == nothing.inputs)
    let image = Tensor([1, 3, 8, 8], repeating: 2)
    #expect(try ReferenceExecutor<Float>(nothing).run(Weights(), [image]) == [image])
  }
}
