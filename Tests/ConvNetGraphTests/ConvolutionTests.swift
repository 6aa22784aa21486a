import ConvNetGraph
import Testing

@Suite struct ConvolutionTests {
  @Test func aKernelSlidesOverAnImage() throws {
    let inputs = try [
      Tensor([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]), Tensor([1, 1, 2, 2], [1, 0, 0, -1]),
      Tensor([1], [10]),
    ]
    let y = try evaluate(inputs) { [F.conv2d($0[0], weight: $0[1], bias: $0[2])] }[0]
    #expect(y.shape == [1, 1, 2, 2] && y.elements == [6, 6, 6, 6])
    let padded = try evaluate(inputs) { [F.conv2d($0[0], weight: $0[1], stride: 2, padding: 1)] }[0]
    #expect(padded.shape == [1, 1, 2, 2] && padded.elements == [-1, -3, -7, -4])
  }

  @Test func groupsDoNotSeeEachOther() throws {
    let inputs = try [Tensor([1, 2, 1, 2], [1, 2, 3, 4]), Tensor([2, 1, 1, 1], [10, 100])]
    let y = try evaluate(inputs) { [F.conv2d($0[0], weight: $0[1], groups: 2)] }[0]
    #expect(y.elements == [10, 20, 300, 400])
  }

  @Test func aTransposedKernelPaints() throws {
    let inputs = try [
      Tensor([1, 1, 2, 2], [1, 2, 3, 4]), Tensor([1, 1, 2, 2], [1, 10, 100, 1000]),
      Tensor([1], [0.5]),
    ]
    let apart = try evaluate(inputs) {
      [F.convTranspose2d($0[0], weight: $0[1], bias: $0[2], stride: 2)]
    }[0]
    #expect(apart.shape == [1, 1, 4, 4])
    #expect(
      apart.elements == [
        1.5, 10.5, 2.5, 20.5, 100.5, 1000.5, 200.5, 2000.5,
        3.5, 30.5, 4.5, 40.5, 300.5, 3000.5, 400.5, 4000.5,
      ])
    let overlapping = try evaluate(inputs) { [F.convTranspose2d($0[0], weight: $0[1])] }[0]
    #expect(overlapping.elements == [1, 12, 20, 103, 1234, 2040, 300, 3400, 4000])
  }

  @Test func transposedSizesFollowTheFormula() throws {
    func size(_ operation: ConvTranspose2dOperation, kernel: Int, input: Int = 5) throws -> Int {
      try operation.outputShapes(for: [[1, 1, input, input], [1, 1, kernel, kernel]])[0][2]
    }
    #expect(try size(ConvTranspose2dOperation(), kernel: 3) == 7)
    #expect(try size(ConvTranspose2dOperation(stride: Size2D(2)), kernel: 2) == 10)
    let halving = ConvTranspose2dOperation(
      stride: Size2D(2), padding: 1.padding2D, outputPadding: Size2D(1))
    #expect(try size(halving, kernel: 3) == 10)
    let same = ConvTranspose2dOperation(stride: Size2D(3), padding: .sameUpper)
    #expect(try size(same, kernel: 2) == 15)
    #expect(try size(same, kernel: 7) == 15)
    let dilated = ConvTranspose2dOperation(outputPadding: Size2D(2), dilation: Size2D(3))
    #expect(try size(dilated, kernel: 2) == 10)
  }

  @Test func aLinearLayerWeighsFeatures() throws {
    let inputs = try [
      Tensor([2, 3], [1, 2, 3, 0, 0, 1]), Tensor([2, 3], [1, 1, 1, 0, 10, 100]),
      Tensor([2], [0.5, 0]),
    ]
    let y = try evaluate(inputs) { [F.linear($0[0], weight: $0[1], bias: $0[2])] }[0]
    #expect(y.shape == [2, 2] && y.elements == [6.5, 320, 1.5, 100])
  }

  @Test func multiplyAddsOfTheLayers() throws {
    let net = Sequential {
      Conv2d(inChannels: 3, outChannels: 4, kernelSize: 3, padding: 1)
      BatchNorm2d(4)
      MaxPool2d(kernelSize: 2)
      ConvTranspose2d(inChannels: 4, outChannels: 2, kernelSize: 2, stride: 2)
      Flatten()
      Linear(2 * 64, 10)
    }
    let graph = try Graph(net, input: [3, 8, 8])
    #expect(graph.multiplyAdds == 64 * 4 * 27 + 4 * 16 * 2 * 4 + 128 * 10)
  }
}
