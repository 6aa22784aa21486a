import ConvNetGraph
import Testing

@Suite struct ImageOperationTests {
  private let row: [Float] = [1, 2, 3, 4]

  private func padded(_ mode: PaddingMode) throws -> [Float] {
    try evaluate([1, 4], row) { F.pad($0, [2, 2], mode: mode) }.elements
  }

  @Test func paddingContinuesInItsMode() throws {
    #expect(try padded(.constant) == [0, 0, 1, 2, 3, 4, 0, 0])
    #expect(try padded(.reflect) == [3, 2, 1, 2, 3, 4, 3, 2])
    #expect(try padded(.replicate) == [1, 1, 1, 2, 3, 4, 4, 4])
    #expect(try padded(.circular) == [3, 4, 1, 2, 3, 4, 1, 2])
  }

  @Test func paddingNamesTheLastDimensionFirst() throws {
    let y = try evaluate([2, 1], [1, 2]) { F.pad($0, [0, 2, 1, 0], value: 9) }
    #expect(y.shape == [3, 3] && y.elements == [9, 9, 9, 1, 9, 9, 2, 9, 9])
  }

  @Test func aConvolutionReadsBeyondTheEdge() throws {
    let image = try Tensor([1, 1, 1, 3], [1, 2, 3])
    let sum = try Tensor([1, 1, 1, 3], [1, 1, 1])
    func y(_ mode: PaddingMode) throws -> [Float] {
      try evaluate([image]) {
        [F.conv2d($0[0], weight: sum, padding: Size2D(height: 0, width: 1), paddingMode: mode)]
      }[0].elements
    }
    #expect(try y(.zeros) == [3, 6, 5])
    #expect(try y(.reflect) == [5, 6, 7])
    #expect(try y(.replicate) == [4, 6, 8])
    #expect(try y(.circular) == [6, 6, 6])
  }

  @Test func nearestRepeatsAndSkips() throws {
    let image: [Float] = [1, 2, 3, 4]
    func y(_ shape: Shape, _ trace: (Value) -> Value) throws -> [Float] {
      try evaluate(shape, image, trace).elements
    }
    let doubled = try y([1, 1, 2, 2]) { F.interpolate($0, scaleFactor: 2) }
    #expect(doubled == [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4])
    let sized = try y([1, 1, 1, 4]) { F.interpolate($0, size: Size2D(height: 1, width: 3)) }
    #expect(sized == [1, 2, 3])
    let halved = try y([1, 1, 1, 4]) { F.interpolate($0, size: Size2D(height: 1, width: 2)) }
    #expect(halved == [1, 3])
  }

  @Test func bilinearMixesNeighbours() throws {
    func y(alignCorners: Bool) throws -> [Float] {
      try evaluate([1, 1, 1, 2], [0, 4]) {
        F.interpolate(
          $0, size: Size2D(height: 1, width: 4), mode: .bilinear, alignCorners: alignCorners)
      }.elements
    }
    #expect(try y(alignCorners: false) == [0, 1, 3, 4])
    #expect(try y(alignCorners: true) == [0, 4 / 3, 8 / 3, 4])
  }

  @Test func sumsAndMeansKeepOrDropDimensions() throws {
    let numbers: [Float] = [1, 2, 3, 4, 5, 6]
    let columns = try evaluate([2, 3], numbers) { F.sum($0, dims: [0]) }
    #expect(columns.shape == [3] && columns.elements == [5, 7, 9])
    let rows = try evaluate([2, 3], numbers) { F.mean($0, dims: [-1], keepDims: true) }
    #expect(rows.shape == [2, 1] && rows.elements == [2, 5])
    let all = try evaluate([2, 3], numbers) { F.mean($0) }
    #expect(all.shape == [] && all.elements == [3.5])
  }

  @Test func mistakes() {
    #expect(
      mistake([1, 1, 4, 4]) { F.pad($0, [4, 0], mode: .reflect) } == """
        pad (input [1, 1, 4, 4] from input): Pad cannot add 4 and 0 cells to dimension 3 of \
        [1, 1, 4, 4]
          reflect has at most 3 cells for a size of 4
        """)
    #expect(
      mistake([4, 4]) { F.pad($0, [1]) } == """
        pad cannot add [1] cells
          each dimension needs two numbers, before and after
        """)
    #expect(
      mistake([1, 3, 4, 4]) { F.interpolate($0, scaleFactor: 0.1) } == """
        resize (input [1, 3, 4, 4] from input): Resize cannot make x0.1 nearest of an image of size 4
          each side must get at least 1 cell and at most 2147483647
        """)
    #expect(
      mistake([1, 3, 4, 4]) { F.interpolate($0, scaleFactor: 2, alignCorners: true) } == """
        resize (input [1, 3, 4, 4] from input): Resize cannot align corners in mode nearest
          leave alignCorners out, or use mode bilinear
        """)
    #expect(
      mistake([1, 3]) { F.mean($0, dims: [1, -1]) }
        == "reducemean (input [1, 3] from input): ReduceMean names dimension -1 twice: [1, -1]")
    #expect(
      mistake([1, 3, 4, 4]) { ZeroPad2d(.same)($0) } == """
        a padding layer cannot use padding same
          there is no kernel that decides how much that is
          give the number of cells, or set the padding of the convolution
        """)
  }
}
