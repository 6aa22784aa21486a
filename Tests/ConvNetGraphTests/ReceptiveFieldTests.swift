import ConvNetGraph
import Testing

@Suite struct ReceptiveFieldTests {
  @Test func numbersOfAKnownNetwork() throws {
    // VGG's first blocks: two 3x3, pool, two 3x3, pool.
    let net = Sequential {
      for _ in 0..<2 {
        for _ in 0..<2 {
          Conv2d(inChannels: 1, outChannels: 1, kernelSize: 3, padding: 1)
          ReLU()
        }
        MaxPool2d(kernelSize: 2, stride: 2)
      }
    }
    let graph = try Graph(net, input: [1, 32, 32])
    let fields = graph.receptiveFields()
    let numbers = graph.nodes.compactMap { fields[$0.outputs[0].index]?.height }
    #expect(numbers.map(\.size) == [3, 3, 5, 5, 6, 10, 10, 14, 14, 16])
    #expect(numbers.map(\.jump) == [1, 1, 1, 1, 2, 2, 2, 2, 2, 4])
    #expect(numbers.map(\.offset) == [-1, -1, -2, -2, -2, -4, -4, -6, -6, -6])
    #expect(fields[graph.parameters[0].value.index] == nil)
  }

  @Test func aLinearLayerSeesTheWholeImage() throws {
    let graph = try Graph(input: [1, 2, 6, 7]) { F.globalAvgPool2d($0) }
    let field = try #require(graph.receptiveFields()[graph.outputs[0].index])
    #expect(field.isGlobal)
    #expect(field.height.size == 6 && field.width.size == 7)
    let cells = try graph.inputCells(seenBy: graph.outputs[0])
    #expect(cells == Graph.InputRectangle(rows: 0...5, columns: 0...6))
  }

  @Test func aPositionThatDoesNotExistIsAnError() throws {
    let graph = try Graph(input: [1, 1, 4, 4]) { F.maxPool2d($0, kernelSize: 2) }
    #expect(throws: ConvNetError.self) {
      try graph.inputCells(seenBy: graph.outputs[0], row: 2, column: 0)
    }
  }

  @Test func aWindowInThePaddingSeesNothing() throws {
    let weight = Tensor([1, 1, 1, 1], repeating: 1)
    let graph = try Graph(input: [1, 1, 3, 3]) { F.conv2d($0, weight: weight, padding: 1) }
    #expect(try graph.inputCells(seenBy: graph.outputs[0]) == nil)
    let inside = try graph.inputCells(seenBy: graph.outputs[0], row: 1, column: 3)
    #expect(inside == Graph.InputRectangle(rows: 0...0, columns: 2...2))
  }

  /// Changes each input cell in turn and looks which outputs change: the same rectangles, on random
  /// nets in which nothing cancels by coincidence.
  @Test(arguments: 0..<200) func rectanglesAreWhatBruteForceFinds(seed: Int) throws {
    var net = RandomNet(seed: UInt64(seed))
    let graph = try net.graph()
    let output = graph.outputs[0]
    let shape = graph.shape(output)
    let found = try bruteForce(graph)
    let field = try #require(graph.receptiveFields()[output.index])
    for row in 0..<shape[2] {
      for column in 0..<shape[3] {
        let cells = try graph.inputCells(seenBy: output, row: row, column: column)
        let place = "(\(row), \(column)) of \(net.description)"
        #expect(cells == found[row * shape[3] + column], "\(place)")
        guard let cells, !net.isUneven else { continue }
        #expect(Double(cells.rows.count) <= field.height.size, "\(place)")
        #expect(Double(cells.columns.count) <= field.width.size, "\(place)")
        guard !field.isGlobal else { continue }
        let start = field.height.offset + field.height.jump * Double(row)
        #expect(Double(cells.rows.lowerBound) >= start, "\(place)")
        #expect(Double(cells.rows.upperBound) < start + field.height.size, "\(place)")
      }
    }
  }

  private func bruteForce(_ graph: Graph) throws -> [Graph.InputRectangle?] {
    let image = graph.shape(graph.inputs[0])
    let cells = image[2] * image[3]
    // Image 0 is as it is; in image 1 + n cell n is changed in every channel.
    let batch = try graph.reshaped(batch: 1 + cells)
    let check = GradientCheck(graph)
    let original = check.inputs[0].elements
    var elements: [Double] = original
    for cell in 0..<cells {
      var copy = original
      for channel in 0..<image[1] { copy[channel * cells + cell] += 0.5 + 0.1 * Double(channel) }
      elements += copy
    }
    let output = try ReferenceExecutor<Double>(batch).run(
      parameters: check.parameters,
      inputs: [ReferenceArray(batch.shape(batch.inputs[0]), elements)])[0]
    let (channels, outputs) = (output.shape[1], output.shape[2] * output.shape[3])
    return (0..<outputs).map { position in
      func number(image: Int, channel: Int) -> Double {
        output.elements[(image * channels + channel) * outputs + position]
      }
      let changed = (0..<cells).filter { cell in
        (0..<channels).contains { channel in
          number(image: 0, channel: channel) != number(image: 1 + cell, channel: channel)
        }
      }
      let rows: [Int] = changed.map { $0 / image[3] }
      let columns: [Int] = changed.map { $0 % image[3] }
      guard let top = rows.min(), let bottom = rows.max(), let left = columns.min(),
        let right = columns.max()
      else { return nil }
      return Graph.InputRectangle(rows: top...bottom, columns: left...right)
    }
  }
}

/// A net of random layers; no layer hides a change (no maximum, no zeroed half).
private struct RandomNet {
  private let random: CounterRandom
  private var draws: UInt64 = 0
  private(set) var description = ""
  /// Positions do not all see the same number of cells.
  private(set) var isUneven = false

  init(seed: UInt64) {
    random = CounterRandom(seed: seed, stream: "receptive field")
  }

  private mutating func draw(_ range: ClosedRange<Int>) -> Int {
    draws += 1
    return range.lowerBound + random.integer(below: range.count, at: draws)
  }

  private mutating func drawSize(_ range: ClosedRange<Int>) -> Size2D {
    Size2D(height: draw(range), width: draw(range))
  }

  mutating func graph() throws -> Graph {
    let input: Shape = [1, draw(1...2), draw(5...9), draw(5...9)]
    let steps = draw(1...4)
    description = "\(input)"
    return try Graph(input: input) { x in
      (0..<steps).reduce(x) { value, _ in add(to: value) }
    }
  }

  private mutating func add(to x: Value) -> Value {
    let channels = x.shape[1]
    switch draw(0...10) {
    case 0, 1:
      let kernel = Size2D(height: draw(1...min(3, x.shape[2])), width: draw(1...min(3, x.shape[3])))
      let (stride, padding) = (drawSize(1...2), drawSize(0...2))
      let dilation = Size2D(
        height: kernel.height == 1 ? 1 : draw(1...max(1, (x.shape[2] - 1) / (kernel.height - 1))),
        width: kernel.width == 1 ? 1 : draw(1...max(1, (x.shape[3] - 1) / (kernel.width - 1))))
      description += " conv k\(kernel) s\(stride) p\(padding) d\(dilation)"
      return F.conv2d(
        x, weight: weight([2, channels, kernel.height, kernel.width]), stride: stride,
        padding: padding, dilation: dilation)
    case 2:
      let (kernel, stride) = (drawSize(1...min(3, x.shape[2], x.shape[3])), drawSize(1...3))
      description += " avgpool k\(kernel) s\(stride)"
      return F.avgPool2d(
        x, kernelSize: kernel, stride: stride,
        padding: Size2D(height: kernel.height / 2 * draw(0...1), width: kernel.width / 2),
        ceilMode: draw(0...1) == 1)
    case 3:
      // Two branches of the same size: one looks far, one near.
      description += " (conv k3 d2 p2 + conv k1)"
      return F.conv2d(x, weight: weight([1, channels, 3, 3]), padding: 2, dilation: 2)
        + F.conv2d(x, weight: weight([1, channels, 1, 1]))
    case 4 where x.shape[2] * x.shape[3] <= 64:
      isUneven = true
      let (kernel, stride) = (drawSize(1...3), drawSize(1...2))
      description += " transposed k\(kernel) s\(stride)"
      return x.applying(
        ConvTranspose2dOperation(stride: stride, outputPadding: Size2D(0)),
        x.constant(weight([channels, 2, kernel.height, kernel.width])))
    case 5:
      isUneven = true
      let size = drawSize(1...5)
      description += " adaptive \(size)"
      return F.adaptiveAvgPool2d(x, outputSize: size)
    case 6 where draw(0...2) == 0:
      description += " + global"
      return x + F.globalAvgPool2d(x)
    case 7:
      isUneven = true
      let (row, step) = (draw(0...x.shape[2] - 1), draw(1...2))
      description += " rows from \(row) by \(step)"
      return F.slice(x, dim: 2, start: row, step: step)
    case 8:
      isUneven = true
      let mode: PaddingMode = [.constant, .reflect, .replicate, .circular][draw(0...3)]
      let (row, column) = (draw(0...min(2, x.shape[2] - 1)), draw(0...min(2, x.shape[3] - 1)))
      description += " pad \(mode) \(row) \(column)"
      return F.pad(x, [column, 0, row, 1 % x.shape[2]], mode: mode)
    case 9 where x.shape[2] * x.shape[3] <= 64:
      isUneven = true
      let mode: ResizeOperation.Mode = draw(0...1) == 0 ? .nearest : .bilinear
      let size = drawSize(1...8)
      description += " resize \(size) \(mode)"
      return F.interpolate(x, size: size, mode: mode)
    case 10 where x.shape[1] <= 2:
      description += " cat (k3 p1)"
      let weight = weight([1, channels, 3, 3])
      return F.cat([x, F.conv2d(x, weight: weight, padding: 1)], dim: 1)
    default:
      description += " add itself"
      return x + x
    }
  }

  private mutating func weight(_ shape: Shape) -> Tensor {
    draws += 1
    let stream = CounterRandom(seed: draws, stream: "weight")
    return Tensor(uninitialized: shape) { buffer in
      for index in buffer.indices { buffer[index] = Float(1 + stream.uniform(at: UInt64(index))) }
    }
  }
}
