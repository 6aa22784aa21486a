import ConvNetGraph
import Testing

@Suite struct PoolingTests {
  /// 0...8 as a 3x3 image.
  private let nine: [Float] = [0, 1, 2, 3, 4, 5, 6, 7, 8]

  @Test func maximumKeepsTheStrongest() throws {
    let y = try evaluate([1, 1, 2, 4], [1, 5, 2, 2, 3, 4, 8, 0]) { F.maxPool2d($0, kernelSize: 2) }
    #expect(y.shape == [1, 1, 1, 2] && y.elements == [5, 8])
  }

  @Test func paddingNeverWins() throws {
    let y = try evaluate([1, 1, 2, 2], [-4, -3, -2, -1]) {
      F.maxPool2d($0, kernelSize: 3, stride: 1, padding: 1)
    }
    #expect(y.elements == [-1, -1, -1, -1])
  }

  @Test func indicesAreThoseOfTheImageAndTiesGoToTheFirst() throws {
    let x = try Tensor([1, 2, 2, 4], [1, 5, 2, 2, 5, 4, 2, 2, 0, 0, 0, 0, 0, 0, 0, 3])
    let outputs = try evaluate([x]) {
      let (output, indices) = F.maxPool2dWithIndices($0[0], kernelSize: 2)
      return [output, indices]
    }
    #expect(outputs[0].elements == [5, 2, 0, 3])
    #expect(outputs[1].elements == [1, 2, 0, 7])
  }

  @Test func notANumberWins() throws {
    let x = try Tensor([1, 1, 2, 4], [1, .nan, 2, .infinity, 3, 4, .nan, 0])
    let outputs = try evaluate([x]) {
      let (output, indices) = F.maxPool2dWithIndices($0[0], kernelSize: 2)
      return [output, indices]
    }
    #expect(outputs[0].elements.allSatisfy { $0.isNaN })
    #expect(outputs[1].elements == [1, 6])
  }

  @Test func dilatedWindowOverPaddingOnlyIsMinusInfinityWithoutGradient() throws {
    let graph = try Graph(input: [1, 1, 1, 1]) {
      F.maxPool2d($0, kernelSize: 2, stride: 1, padding: 1, dilation: 2)
    }
    let x = Tensor([1, 1, 1, 1], repeating: 2)
    let y = try ReferenceExecutor<Float>(graph).run(Weights(), [x])
    #expect(y[0].elements == [-.infinity])
    let wider = try Graph(input: [1, 1, 2, 1]) {
      let y = F.maxPool2d($0, kernelSize: 2, stride: 1, padding: 1, dilation: 2)
      return F.clip(y, minimum: -9, maximum: 9)
    }
    #expect(try GradientCheck(wider).run().largestRelativeError < 1e-6)
  }

  @Test func ceilModeAddsTheHangingWindow() throws {
    let floor = try evaluate([1, 1, 3, 3], nine) { F.maxPool2d($0, kernelSize: 2) }
    #expect(floor.elements == [4])
    let ceil = try evaluate([1, 1, 3, 3], nine) {
      F.maxPool2d($0, kernelSize: 2, ceilMode: true)
    }
    #expect(ceil.shape == [1, 1, 2, 2] && ceil.elements == [4, 5, 7, 8])
    // A window that would start in the padding behind the image does not count.
    let graph = try Graph(input: [1, 1, 2, 3]) {
      F.maxPool2d($0, kernelSize: 2, stride: 2, padding: 1, ceilMode: true)
    }
    #expect(graph.shapes(graph.outputs) == [[1, 1, 2, 2]])
  }

  @Test func averageCountsPaddingOrNot() throws {
    let ones = [Float](repeating: 1, count: 4)
    func average(countIncludePad: Bool, divisorOverride: Int? = nil) throws -> [Float] {
      try evaluate([1, 1, 2, 2], ones) {
        F.avgPool2d(
          $0, kernelSize: 2, stride: 2, padding: 1, countIncludePad: countIncludePad,
          divisorOverride: divisorOverride)
      }.elements
    }
    #expect(try average(countIncludePad: true) == [0.25, 0.25, 0.25, 0.25])
    #expect(try average(countIncludePad: false) == [1, 1, 1, 1])
    #expect(try average(countIncludePad: true, divisorOverride: 2) == [0.5, 0.5, 0.5, 0.5])
  }

  @Test func averageOfAHangingWindowLeavesOutWhatIsBehindThePadding() throws {
    let y = try evaluate([1, 1, 3, 3], nine) {
      F.avgPool2d($0, kernelSize: 2, ceilMode: true)
    }
    #expect(y.elements == [2, 3.5, 6.5, 8])
  }

  @Test func globalPoolingLeavesOneNumberPerChannel() throws {
    let mean = try evaluate([1, 2, 1, 3], [1, 2, 6, 0, 0, -3]) { F.globalAvgPool2d($0) }
    #expect(mean.shape == [1, 2, 1, 1] && mean.elements == [3, -1])
    let largest = try evaluate([1, 2, 1, 3], [1, 2, 6, 0, 0, -3]) { F.globalMaxPool2d($0) }
    #expect(largest.shape == [1, 2, 1, 1] && largest.elements == [6, 0])
  }

  @Test func adaptivePoolingCutsIntoOverlappingParts() throws {
    // 5 columns into 3 parts: 0..<2, 1..<4, 3..<5.
    let mean = try evaluate([1, 1, 1, 5], [1, 2, 3, 4, 5]) {
      F.adaptiveAvgPool2d($0, outputSize: Size2D(height: 1, width: 3))
    }
    #expect(mean.elements == [1.5, 3, 4.5])
    let largest = try evaluate([1, 1, 1, 5], [1, 2, 3, 4, 5]) {
      F.adaptiveMaxPool2d($0, outputSize: Size2D(height: 1, width: 3))
    }
    #expect(largest.elements == [2, 4, 5])
    let more = try evaluate([1, 1, 1, 2], [1, 3]) {
      F.adaptiveAvgPool2d($0, outputSize: Size2D(height: 1, width: 3))
    }
    #expect(more.elements == [1, 2, 3])
  }

  @Test func gradientOfAnImageTooLargeForFloatIndicesIsRefused() throws {
    let pooling = MaxPool2dOperation(kernelSize: Size2D(4096))
    let gradient = MaxPoolingGradient(pooling: pooling, inputSize: Size2D(4096 + 1))
    let error = #expect(throws: ConvNetError.self) {
      try gradient.outputShapes(for: [[1, 1, 1, 1], [1, 1, 1, 1]])
    }
    #expect(error?.kind == .unsupported)
  }
}
