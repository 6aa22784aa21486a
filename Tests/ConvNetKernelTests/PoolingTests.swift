internal import CConvNetKernels
import Testing

/// A pooling problem: input and window, with the output size of PyTorch's formula.
struct PoolCase: Sendable, CustomTestStringConvertible {
  var shape: TestShape
  var kernel: (Int, Int)
  var stride: (Int, Int)
  var padding = (0, 0)
  var dilation = (1, 1)
  var ceil = false

  var testDescription: String {
    "\(shape.testDescription) k\(kernel) s\(stride) p\(padding) d\(dilation) ceil \(ceil)"
  }

  private func outputSize(_ size: Int, _ k: Int, _ s: Int, _ p: Int, _ d: Int) -> Int {
    let reach = size + 2 * p - d * (k - 1) - 1
    var output = (ceil ? (reach + s - 1) / s : reach / s) + 1
    // The last window must start inside the input or its upper padding.
    if ceil && (output - 1) * s >= size + p { output -= 1 }
    return output
  }

  var output: TestShape {
    TestShape(
      shape.batch, shape.channels,
      outputSize(shape.height, kernel.0, stride.0, padding.0, dilation.0),
      outputSize(shape.width, kernel.1, stride.1, padding.1, dilation.1))
  }

  func window(divisor: Int32 = 0, includePad: Bool = false) -> cn_window {
    cn_window(
      batch: Int64(shape.batch), channels: Int64(shape.channels), height: Int64(shape.height),
      width: Int64(shape.width), output_height: Int64(output.height),
      output_width: Int64(output.width), kernel_height: Int32(kernel.0),
      kernel_width: Int32(kernel.1), stride_height: Int32(stride.0), stride_width: Int32(stride.1),
      padding_height: Int32(padding.0), padding_width: Int32(padding.1),
      dilation_height: Int32(dilation.0), dilation_width: Int32(dilation.1),
      divisor_override: divisor, count_include_pad: includePad)
  }

  /// Calls `body(plane, output index, [(input index, tap)])` for each output, taps in row-major order.
  func forEachWindow(_ body: (_ output: Int, _ inputs: [(index: Int, tap: Int)]) -> Void) {
    let (h, w) = (shape.height, shape.width)
    for i in 0..<output.count {
      let plane = i / output.pixels
      let (oh, ow) = (i % output.pixels / output.width, i % output.width)
      var inputs: [(index: Int, tap: Int)] = []
      for kh in 0..<kernel.0 {
        for kw in 0..<kernel.1 {
          let row = oh * stride.0 - padding.0 + kh * dilation.0
          let column = ow * stride.1 - padding.1 + kw * dilation.1
          guard (0..<h).contains(row), (0..<w).contains(column) else { continue }
          inputs.append(((plane * h + row) * w + column, kh * kernel.1 + kw))
        }
      }
      body(i, inputs)
    }
  }

  /// The divisor of an average, by the rule of PyTorch's AvgPool2d.
  func divisor(_ i: Int, includePad: Bool) -> Double {
    func extent(_ o: Int, _ size: Int, _ k: Int, _ s: Int, _ p: Int) -> Int {
      let start = o * s - p
      let end = min(start + k, size + p)
      return includePad ? end - start : min(end, size) - max(start, 0)
    }
    let (oh, ow) = (i % output.pixels / output.width, i % output.width)
    return Double(
      extent(oh, shape.height, kernel.0, stride.0, padding.0)
        * extent(ow, shape.width, kernel.1, stride.1, padding.1))
  }
}

private let poolCases: [PoolCase] = [
  PoolCase(shape: TestShape(2, 3, 6, 8), kernel: (2, 2), stride: (2, 2)),
  PoolCase(shape: TestShape(1, 18, 7, 9), kernel: (2, 2), stride: (2, 2)),
  PoolCase(shape: TestShape(1, 18, 7, 9), kernel: (2, 2), stride: (2, 2), ceil: true),
  PoolCase(shape: TestShape(2, 16, 12, 12), kernel: (3, 3), stride: (2, 2), padding: (1, 1)),
  PoolCase(shape: TestShape(1, 5, 9, 11), kernel: (3, 3), stride: (2, 2), padding: (1, 1)),
  PoolCase(
    shape: TestShape(1, 5, 8, 10), kernel: (3, 3), stride: (2, 2), padding: (1, 1), ceil: true),
  PoolCase(shape: TestShape(1, 33, 5, 6), kernel: (3, 3), stride: (1, 1), padding: (1, 1)),
  PoolCase(shape: TestShape(1, 4, 10, 7), kernel: (5, 3), stride: (3, 2), padding: (2, 1)),
  PoolCase(shape: TestShape(1, 2, 4, 5), kernel: (1, 2), stride: (3, 1)),
  PoolCase(shape: TestShape(2, 9, 1, 1), kernel: (1, 1), stride: (1, 1)),
]

private let dilatedCases: [PoolCase] = [
  PoolCase(
    shape: TestShape(1, 6, 11, 9), kernel: (3, 2), stride: (2, 1), padding: (1, 1),
    dilation: (2, 3)),
  PoolCase(
    shape: TestShape(2, 17, 9, 9), kernel: (3, 3), stride: (2, 2), padding: (1, 1),
    dilation: (2, 2)),
]

@Suite struct PoolingTests {
  @Test(arguments: poolCases + dilatedCases) func maximum(pool: PoolCase) {
    let (shape, output) = (pool.shape, pool.output)
    var random = SeededRandom(seed: 1)
    // Few distinct values: many ties.
    var x = random.floats(shape.count).map { ($0 * 2).rounded() }
    if x.count > 40 {
      x[7] = .nan
      x[8] = .nan
      x[20] = .infinity
      for i in 25..<31 { x[i] = -.infinity }
    }
    let dy = random.floats(output.count)
    var y = [Float](repeating: 0, count: output.count)
    var taps = [UInt16](repeating: 0, count: output.count)
    var indices = [Int32](repeating: 0, count: output.count)
    var dx = [Double](repeating: 0, count: shape.count)
    pool.forEachWindow { i, inputs in
      var (best, place) = (-Float.infinity, inputs[0])
      for input in inputs where x[input.index] > best || x[input.index].isNaN {
        (best, place) = (x[input.index], input)
      }
      y[i] = best
      taps[i] = UInt16(place.tap)
      indices[i] = Int32(place.index % shape.pixels)
      dx[place.index] += Double(dy[i])
    }
    var first: [Float] = []
    for table in availableTables() {
      let kernels = table.pointee.pooling.pointee
      let source = Buffer(shape.blocked(x, table.lanes))
      let result = Buffer(count: output.blockedCount(table.lanes))
      let alone = Buffer(count: result.count)
      let tap = Buffer<UInt16>(count: result.count, repeating: 999)
      let index = Buffer<Int32>(count: result.count, repeating: -1)
      let gradient = Buffer(output.blocked(dy, table.lanes))
      let dxs = Buffer(count: source.count)
      inPieces(shape.planeCount(table.lanes), split: true) {
        kernels.max(source.base, result.base, tap.base, pool.window(), $0, $1)
        kernels.max_indices(tap.base, index.base, pool.window(), $0, $1)
        kernels.max_backward(gradient.base, tap.base, dxs.base, pool.window(), $0, $1)
      }
      kernels.max(
        source.base, alone.base, nil, pool.window(), 0, Int64(shape.planeCount(table.lanes)))
      expectSameBits(output.plain(result.array, table.lanes), y, "\(table.name) y")
      expectSameBits(alone.array, result.array, "\(table.name) y without taps")
      #expect(output.plain(tap.array, table.lanes) == taps, "\(table.name) taps")
      #expect(output.plain(index.array, table.lanes) == indices, "\(table.name) indices")
      let plainGradient = shape.plain(dxs.array, table.lanes)
      expectClose(plainGradient, dx, absolute: 2e-6, "\(table.name) dx")
      if first.isEmpty { first = plainGradient }
      expectSameBits(plainGradient, first, "\(table.name) against the best instruction set")
      #expect(output.unusedLanesAreZero(result.array, table.lanes))
      #expect(shape.unusedLanesAreZero(dxs.array, table.lanes))
      #expect(result.isGuardIntact && tap.isGuardIntact && index.isGuardIntact)
      #expect(dxs.isGuardIntact)
    }
  }

  @Test(arguments: poolCases, [0, 1, 2]) func average(pool: PoolCase, mode: Int) {
    let (shape, output) = (pool.shape, pool.output)
    let window = pool.window(divisor: mode == 2 ? 5 : 0, includePad: mode == 1)
    var random = SeededRandom(seed: 2)
    let x = random.floats(shape.count)
    let dy = random.floats(output.count)
    var y = [Double](repeating: 0, count: output.count)
    var dx = [Double](repeating: 0, count: shape.count)
    pool.forEachWindow { i, inputs in
      let divisor = mode == 2 ? 5 : pool.divisor(i, includePad: mode == 1)
      y[i] = inputs.reduce(0) { $0 + Double(x[$1.index]) } / divisor
      for input in inputs { dx[input.index] += Double(dy[i]) / divisor }
    }
    check(shape, output, x, dy, y, dx) { kernels, x, y, dy, dx, first, last in
      kernels.average(x, y, window, first, last)
      kernels.average_backward(dy, dx, window, first, last)
    }
  }

  @Test(arguments: testShapes + [TestShape(1, 3, 30, 31)]) func globalAverage(shape: TestShape) {
    let output = TestShape(shape.batch, shape.channels, 1, 1)
    var random = SeededRandom(seed: 3)
    let x = random.floats(shape.count)
    let dy = random.floats(output.count)
    var y = [Double](repeating: 0, count: output.count)
    for i in x.indices { y[i / shape.pixels] += Double(x[i]) / Double(shape.pixels) }
    let dx = x.indices.map { Double(dy[$0 / shape.pixels]) / Double(shape.pixels) }
    check(shape, output, x, dy, y, dx) { kernels, x, y, dy, dx, first, last in
      kernels.global_average(x, y, shape.planes, first, last)
      kernels.global_average_backward(dy, dx, shape.planes, first, last)
    }
  }

  @Test(arguments: testShapes, [(1, 1), (2, 3), (7, 7), (4, 1)])
  func adaptiveAverage(shape: TestShape, size: (Int, Int)) {
    let output = TestShape(shape.batch, shape.channels, size.0, size.1)
    var window = PoolCase(shape: shape, kernel: (1, 1), stride: (1, 1)).window()
    window.output_height = Int64(size.0)
    window.output_width = Int64(size.1)
    var random = SeededRandom(seed: 4)
    let x = random.floats(shape.count)
    let dy = random.floats(output.count)
    var y = [Double](repeating: 0, count: output.count)
    var dx = [Double](repeating: 0, count: shape.count)
    func inputs(_ o: Int, _ size: Int, _ output: Int) -> Range<Int> {
      o * size / output..<((o + 1) * size + output - 1) / output
    }
    for i in y.indices {
      let rows = inputs(i % output.pixels / output.width, shape.height, size.0)
      let columns = inputs(i % output.width, shape.width, size.1)
      let count = Double(rows.count * columns.count)
      for row in rows {
        for column in columns {
          let at = (i / output.pixels * shape.height + row) * shape.width + column
          y[i] += Double(x[at]) / count
          dx[at] += Double(dy[i]) / count
        }
      }
    }
    check(shape, output, x, dy, y, dx) { kernels, x, y, dy, dx, first, last in
      kernels.adaptive_average(x, y, window, first, last)
      kernels.adaptive_average_backward(dy, dx, window, first, last)
    }
  }

  /// Runs forward and backward on every instruction set, in pieces, against float64 results.
  private func check(
    _ shape: TestShape, _ output: TestShape, _ x: [Float], _ dy: [Float], _ y: [Double],
    _ dx: [Double],
    _ run: (
      cn_pooling_kernels, UnsafePointer<Float>, UnsafeMutablePointer<Float>, UnsafePointer<Float>,
      UnsafeMutablePointer<Float>, Int64, Int64
    ) -> Void
  ) {
    var first: [Float] = []
    for table in availableTables() {
      let source = Buffer(shape.blocked(x, table.lanes))
      let result = Buffer(count: output.blockedCount(table.lanes))
      let gradient = Buffer(output.blocked(dy, table.lanes))
      let dxs = Buffer(count: source.count)
      inPieces(shape.planeCount(table.lanes), split: true) {
        run(
          table.pointee.pooling.pointee, source.base, result.base, gradient.base, dxs.base, $0, $1)
      }
      let plain = output.plain(result.array, table.lanes) + shape.plain(dxs.array, table.lanes)
      expectClose(Array(plain.prefix(y.count)), y, absolute: 2e-6, "\(table.name) y")
      expectClose(Array(plain.dropFirst(y.count)), dx, absolute: 2e-6, "\(table.name) dx")
      if first.isEmpty { first = plain }
      expectSameBits(plain, first, "\(table.name) against the best instruction set")
      #expect(output.unusedLanesAreZero(result.array, table.lanes))
      #expect(shape.unusedLanesAreZero(dxs.array, table.lanes))
      #expect(result.isGuardIntact && dxs.isGuardIntact)
    }
  }
}
