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
  var adaptive: (Int, Int)?

  var testDescription: String {
    "\(shape.testDescription) k\(kernel) s\(stride) p\(padding) d\(dilation) ceil \(ceil) "
      + "adaptive \(adaptive.map { "\($0)" } ?? "no")"
  }

  private func outputSize(_ size: Int, _ k: Int, _ s: Int, _ p: Int, _ d: Int) -> Int {
    let reach = size + 2 * p - d * (k - 1) - 1
    var output = (ceil ? (reach + s - 1) / s : reach / s) + 1
    // The last window must start inside the input or its upper padding.
    if ceil && (output - 1) * s >= size + p { output -= 1 }
    return output
  }

  var output: TestShape {
    if let adaptive { return TestShape(shape.batch, shape.channels, adaptive.0, adaptive.1) }
    return TestShape(
      shape.batch, shape.channels,
      outputSize(shape.height, kernel.0, stride.0, padding.0, dilation.0),
      outputSize(shape.width, kernel.1, stride.1, padding.1, dilation.1))
  }

  func window(divisor: Int32 = 0, includePad: Bool = false) -> cn_window {
    cn_window(
      batch: Int64(shape.batch), channels: Int64(shape.channels), height: Int64(shape.height),
      width: Int64(shape.width), output_height: Int64(output.height),
      output_width: Int64(output.width), adaptive: adaptive != nil, kernel_height: Int32(kernel.0),
      kernel_width: Int32(kernel.1), stride_height: Int32(stride.0), stride_width: Int32(stride.1),
      pad_top: Int32(padding.0), pad_bottom: Int32(padding.0), pad_left: Int32(padding.1),
      pad_right: Int32(padding.1),
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
      if adaptive != nil {
        // The place in the window counts columns up to the widest window.
        let widest = min(w, (w + output.width - 1) / output.width + 1)
        for (kh, row) in part(oh, h, output.height).enumerated() {
          for (kw, column) in part(ow, w, output.width).enumerated() {
            inputs.append(((plane * h + row) * w + column, kh * widest + kw))
          }
        }
        body(i, inputs)
        continue
      }
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

  /// The cells that adaptive output `o` covers along an axis.
  private func part(_ o: Int, _ size: Int, _ output: Int) -> Range<Int> {
    o * size / output..<((o + 1) * size + output - 1) / output
  }

  /// The divisor of an average, by the rule of PyTorch's AvgPool2d.
  func divisor(_ i: Int, includePad: Bool) -> Double {
    func extent(_ o: Int, _ size: Int, _ k: Int, _ s: Int, _ p: Int) -> Int {
      let start = o * s - p
      let end = min(start + k, size + p)
      return includePad ? end - start : min(end, size) - max(start, 0)
    }
    let (oh, ow) = (i % output.pixels / output.width, i % output.width)
    if adaptive != nil {
      return Double(
        part(oh, shape.height, output.height).count * part(ow, shape.width, output.width).count)
    }
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
  // The only window lies in the padding: taps at rows -1 and 1 of an image with row 0 only.
  PoolCase(
    shape: TestShape(1, 5, 1, 4), kernel: (2, 1), stride: (1, 1), padding: (1, 0),
    dilation: (2, 1)),
]

private let adaptiveCases: [PoolCase] = testShapes.flatMap { shape in
  [(1, 1), (2, 3), (7, 7), (4, 1)].map {
    PoolCase(shape: shape, kernel: (0, 0), stride: (0, 0), adaptive: $0)
  }
}

@Suite struct PoolingTests {
  @Test(arguments: poolCases + dilatedCases + adaptiveCases) func maximum(pool: PoolCase) {
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
    var indices = [Float](repeating: 0, count: output.count)
    var dx = [Double](repeating: 0, count: shape.count)
    pool.forEachWindow { i, inputs in
      var (best, place) = (-Float.infinity, inputs.first ?? (index: -1, tap: 65535))
      for input in inputs where x[input.index] > best || x[input.index].isNaN {
        (best, place) = (x[input.index], input)
      }
      y[i] = best
      taps[i] = UInt16(place.tap)
      indices[i] = place.index < 0 ? -1 : Float(place.index % shape.pixels)
      if place.index >= 0 { dx[place.index] += Double(dy[i]) }
    }
    var first: [Float] = []
    for table in availableTables() {
      let kernels = table.pointee.pooling.pointee
      let source = Buffer(shape.blocked(x, table.lanes))
      let result = Buffer(count: output.blockedCount(table.lanes))
      let alone = Buffer(count: result.count)
      let tap = Buffer<UInt16>(count: result.count, repeating: 999)
      let index = Buffer(count: result.count)
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
      #expect(output.unusedLanesAreZero(index.array, table.lanes))
      #expect(shape.unusedLanesAreZero(dxs.array, table.lanes))
      #expect(result.isGuardIntact && tap.isGuardIntact && index.isGuardIntact)
      #expect(dxs.isGuardIntact)
    }
  }

  @Test(arguments: poolCases + adaptiveCases, [0, 1, 2]) func average(pool: PoolCase, mode: Int) {
    let (shape, output) = (pool.shape, pool.output)
    let window = pool.window(divisor: mode == 2 ? 5 : 0, includePad: mode == 1)
    var random = SeededRandom(seed: 2)
    let x = random.floats(shape.count)
    let dy = random.floats(output.count)
    var y = [Double](repeating: 0, count: output.count)
    var dx = [Double](repeating: 0, count: shape.count)
    pool.forEachWindow { i, inputs in
      let divisor =
        mode == 2 && pool.adaptive == nil ? 5 : pool.divisor(i, includePad: mode == 1)
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
