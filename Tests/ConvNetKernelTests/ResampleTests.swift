internal import CConvNetKernels
import Testing

/// What one output cell along an axis reads: input cells and their shares.
private typealias Reads = [(cell: Int, share: Double)]

@Suite struct ResampleTests {
  /// Applies separable reads and their transpose in float64.
  private func expected(
    _ shape: TestShape, _ output: TestShape, _ x: [Float], _ dy: [Float], rows: [Reads],
    columns: [Reads], outside: Double = 0
  ) -> (y: [Double], dx: [Double]) {
    var y = [Double](repeating: 0, count: output.count)
    var dx = [Double](repeating: 0, count: shape.count)
    for i in y.indices {
      let (row, column) = (rows[i % output.pixels / output.width], columns[i % output.width])
      if row.isEmpty || column.isEmpty { y[i] = outside }
      for vertical in row {
        for horizontal in column {
          let at =
            (i / output.pixels * shape.height + vertical.cell) * shape.width + horizontal.cell
          y[i] += vertical.share * horizontal.share * Double(x[at])
          dx[at] += vertical.share * horizontal.share * Double(dy[i])
        }
      }
    }
    return (y, dx)
  }

  private func check(
    _ shape: TestShape, _ output: TestShape, rows: [Reads], columns: [Reads], outside: Double = 0,
    _ run: (
      cn_resample_kernels, UnsafePointer<Float>, UnsafeMutablePointer<Float>, UnsafePointer<Float>,
      UnsafeMutablePointer<Float>, Int64, Int64
    ) -> Void
  ) {
    var random = SeededRandom(seed: 1)
    let x = random.floats(shape.count)
    let dy = random.floats(output.count)
    let expected = expected(
      shape, output, x, dy, rows: rows, columns: columns, outside: outside)
    var first: [Float] = []
    for table in availableTables() {
      let source = Buffer(shape.blocked(x, table.lanes))
      let result = Buffer(count: output.blockedCount(table.lanes))
      let gradient = Buffer(output.blocked(dy, table.lanes))
      let dx = Buffer(count: source.count)
      inPieces(shape.planeCount(table.lanes), split: true) {
        run(
          table.pointee.resample.pointee, source.base, result.base, gradient.base, dx.base, $0, $1)
      }
      let (plainY, plainDx) = (
        output.plain(result.array, table.lanes), shape.plain(dx.array, table.lanes)
      )
      expectClose(plainY, expected.y, absolute: 2e-6, "\(table.name) y")
      expectClose(plainDx, expected.dx, relative: 2e-6, absolute: 1e-5, "\(table.name) dx")
      if first.isEmpty { first = plainY + plainDx }
      expectSameBits(plainY + plainDx, first, "\(table.name) against the best instruction set")
      #expect(output.unusedLanesAreZero(result.array, table.lanes))
      #expect(shape.unusedLanesAreZero(dx.array, table.lanes))
      #expect(result.isGuardIntact && dx.isGuardIntact)
    }
  }

  private func resize(_ shape: TestShape, _ output: TestShape, _ alignCorners: Bool) -> cn_resize {
    cn_resize(
      batch: Int64(shape.batch), channels: Int64(shape.channels), height: Int64(shape.height),
      width: Int64(shape.width), output_height: Int64(output.height),
      output_width: Int64(output.width),
      scale_height: cn_resize_scale(Int64(shape.height), Int64(output.height), alignCorners, 0),
      scale_width: cn_resize_scale(Int64(shape.width), Int64(output.width), alignCorners, 0),
      align_corners: alignCorners)
  }

  @Test(arguments: testShapes, [(1, 1), (4, 9), (10, 14), (3, 2)])
  func nearest(shape: TestShape, size: (Int, Int)) {
    let output = TestShape(shape.batch, shape.channels, size.0, size.1)
    func reads(_ input: Int, _ output: Int) -> [Reads] {
      (0..<output).map { [(min($0 * input / output, input - 1), 1)] }
    }
    let resize = resize(shape, output, false)
    check(
      shape, output, rows: reads(shape.height, size.0), columns: reads(shape.width, size.1)
    ) { kernels, x, y, dy, dx, first, last in
      kernels.nearest(x, y, resize, first, last)
      kernels.nearest_backward(dy, dx, resize, first, last)
    }
  }

  @Test(arguments: testShapes, [(1, 1), (4, 9), (10, 14), (3, 2)])
  func bilinear(shape: TestShape, size: (Int, Int)) {
    for alignCorners in [false, true] {
      let output = TestShape(shape.batch, shape.channels, size.0, size.1)
      func reads(_ input: Int, _ output: Int) -> [Reads] {
        (0..<output).map { o in
          var position = 0.0
          if alignCorners {
            if output > 1 { position = Double(o * (input - 1)) / Double(output - 1) }
          } else {
            position = max(0, (Double(o) + 0.5) * Double(input) / Double(output) - 0.5)
          }
          let cell = min(Int(position), input - 1)
          let share = position - Double(cell)
          return [(cell, 1 - share), (min(cell + 1, input - 1), share)]
        }
      }
      let resize = resize(shape, output, alignCorners)
      check(
        shape, output, rows: reads(shape.height, size.0), columns: reads(shape.width, size.1)
      ) { kernels, x, y, dy, dx, first, last in
        kernels.bilinear(x, y, resize, first, last)
        kernels.bilinear_backward(dy, dx, resize, first, last)
      }
    }
  }

  @Test func resizeByAFactor() {
    // 5 cells times 1.5 are 7; positions follow the factor, not 5 / 7.
    #expect(cn_resize_scale(5, 7, false, 1.5) == Float(1 / 1.5))
    #expect(cn_resize_scale(5, 7, false, 0) == Float(5) / 7)
    #expect(cn_resize_scale(5, 9, true, 0) == 0.5)
    #expect(cn_resize_scale(5, 1, true, 0) == 0)
  }

  @Test(arguments: [TestShape(2, 3, 5, 7), TestShape(1, 20, 4, 4), TestShape(1, 33, 6, 3)])
  func pad(shape: TestShape) {
    for (mode, value) in [
      (CN_PAD_CONSTANT, Float(0)), (CN_PAD_CONSTANT, 1.5), (CN_PAD_REFLECT, 0),
      (CN_PAD_REPLICATE, 0),
    ] {
      for (top, bottom, left, right) in [
        (1, 2, 2, 1), (0, 0, 0, 0), (-1, 2, 1, -2), (-2, -1, 0, -1),
      ] {
        let output = TestShape(
          shape.batch, shape.channels, shape.height + top + bottom, shape.width + left + right)
        func reads(_ before: Int, _ input: Int, _ output: Int) -> [Reads] {
          (0..<output).map { o in
            var i = o - before
            if mode == CN_PAD_REPLICATE { i = min(max(i, 0), input - 1) }
            if mode == CN_PAD_REFLECT {
              i = abs(i)
              if i >= input { i = 2 * (input - 1) - i }
            }
            return (0..<input).contains(i) ? [(i, 1)] : []
          }
        }
        let pad = cn_pad(
          batch: Int64(shape.batch), channels: Int64(shape.channels), height: Int64(shape.height),
          width: Int64(shape.width), output_height: Int64(output.height),
          output_width: Int64(output.width), top: Int64(top), left: Int64(left), mode: mode,
          value: value)
        check(
          shape, output, rows: reads(top, shape.height, output.height),
          columns: reads(left, shape.width, output.width), outside: Double(value)
        ) { kernels, x, y, dy, dx, first, last in
          kernels.pad(x, y, pad, first, last)
          kernels.pad_backward(dy, dx, pad, first, last)
        }
      }
    }
  }

  /// Philox 4x32-10 as its paper writes it.
  private func philox(_ counter: [UInt32], _ key: [UInt32]) -> [UInt32] {
    var (x, k) = (counter, key)
    for _ in 0..<10 {
      let (a, b) = (UInt64(x[0]) * 0xD251_1F53, UInt64(x[2]) * 0xCD9E_8D57)
      x = [
        UInt32(b >> 32) ^ x[1] ^ k[0], UInt32(truncatingIfNeeded: b), UInt32(a >> 32) ^ x[3] ^ k[1],
        UInt32(truncatingIfNeeded: a),
      ]
      k = [k[0] &+ 0x9E37_79B9, k[1] &+ 0xBB67_AE85]
    }
    return x
  }

  @Test func philoxMatchesItsPublishedAnswers() {
    // The known-answer tests of Random123, the authors' own library.
    #expect(
      philox([0, 0, 0, 0], [0, 0]) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    #expect(
      philox([UInt32](repeating: .max, count: 4), [.max, .max])
        == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
  }

  @Test(arguments: [0, 0.25, 0.5, 0.003, 1]) func dropout(probability: Float) {
    let count = 1003
    let (seed, stream): (UInt64, UInt64) = (0x1234_5678_9abc_def0, 0xfedc_ba98_7654_3210)
    var random = SeededRandom(seed: 5)
    let x = random.floats(count, in: 1...2)
    let expected = (0..<count).map { i in
      let words = philox(
        [
          UInt32(i / 4), 0, UInt32(truncatingIfNeeded: stream),
          UInt32(truncatingIfNeeded: stream >> 32),
        ], [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)])
      let isKept = Double(words[i % 4]) * 0x1p-32 >= Double(probability)
      return isKept ? Double(x[i]) / (1 - Double(probability)) : 0
    }
    for table in availableTables() {
      let y = Buffer(x)
      for start in stride(from: 0, to: count, by: 52) {
        table.pointee.resample.pointee.dropout(
          y.base, y.base, probability, seed, stream, Int64(start), Int64(min(start + 52, count)))
      }
      expectClose(y.array, expected, relative: 1e-6, absolute: 0, table.name)
      #expect(y.isGuardIntact)
      let factors = Buffer(count: count)
      table.pointee.resample.pointee.dropout(
        nil, factors.base, probability, seed, stream, 0, Int64(count))
      expectClose(
        factors.array, zip(expected, x).map { $0 / Double($1) }, relative: 1e-6, absolute: 0,
        "\(table.name) factors")
    }
  }
}
