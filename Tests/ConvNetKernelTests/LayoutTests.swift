internal import CConvNetKernels
import Testing

@Suite struct LayoutTests {
  @Test(arguments: testShapes + [TestShape(1, 18, 16, 16), TestShape(2, 64, 4, 8)])
  func blockAndUnblock(shape: TestShape) {
    var random = SeededRandom(seed: 1)
    let x = random.floats(shape.count)
    for table in availableTables() {
      let kernels = table.pointee.layout.pointee
      let plain = Buffer(x)
      let blocked = Buffer<Float>(count: shape.blockedCount(table.lanes))
      let back = Buffer<Float>(count: shape.count)
      inPieces(shape.planeCount(table.lanes), split: true) {
        kernels.block(plain.base, blocked.base, shape.planes, $0, $1)
      }
      expectSameBits(blocked.array, shape.blocked(x, table.lanes), "\(table.name) block")
      inPieces(shape.planeCount(table.lanes), split: true) {
        kernels.unblock(blocked.base, back.base, shape.planes, $0, $1)
      }
      expectSameBits(back.array, x, "\(table.name) unblock")
      #expect(blocked.isGuardIntact && back.isGuardIntact)
    }
  }

  @Test(arguments: [1, 3, 4, 20], [true, false])
  func picture(channels: Int, interleaved: Bool) {
    let shape = TestShape(1, channels, 5, 9)
    var random = SeededRandom(seed: 2)
    let bytes = (0..<shape.count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let scale = random.floats(channels)
    let shift = random.floats(channels)
    let source = Buffer(bytes, filler: 0)
    for table in availableTables() {
      for mirrored in [false, true] {
        let pixelStep = interleaved ? channels : 1
        let picture = cn_picture(
          bytes: UnsafePointer(source.base + (mirrored ? 8 * pixelStep : 0)), height: 5, width: 9,
          channels: Int64(channels), row_step: Int64(9 * pixelStep),
          pixel_step: Int64(mirrored ? -pixelStep : pixelStep),
          channel_step: interleaved ? 1 : 45)
        let blocked = Buffer<Float>(count: shape.blockedCount(table.lanes))
        let plain = Buffer<Float>(count: shape.count)
        inPieces(5, split: true) {
          table.pointee.layout.pointee.picture_to_blocked(
            picture, Buffer(scale).base, Buffer(shift).base, blocked.base, $0, $1)
          table.pointee.layout.pointee.picture_to_plain(
            picture, Buffer(scale).base, Buffer(shift).base, plain.base, $0, $1)
        }
        let expected = (0..<shape.count).map { i in
          let (c, h, w) = (i / 45, i / 9 % 5, mirrored ? 8 - i % 9 : i % 9)
          let byte = interleaved ? bytes[(h * 9 + w) * channels + c] : bytes[c * 45 + h * 9 + w]
          return Double(byte) * Double(scale[c]) + Double(shift[c])
        }
        expectClose(plain.array, expected, absolute: 1e-4, table.name)
        expectSameBits(shape.plain(blocked.array, table.lanes), plain.array, table.name)
        #expect(shape.unusedLanesAreZero(blocked.array, table.lanes))
        #expect(blocked.isGuardIntact && plain.isGuardIntact)
      }
    }
  }

  @Test(
    arguments: [[3, 5], [16, 16], [7, 16, 9], [1, 1, 1, 40], [32, 3], [20, 13, 31]], [1, 2, 12])
  func concatenateAndSlice(parts: [Int], pixels: Int) {
    let whole = TestShape(2, parts.reduce(0, +), 1, pixels)
    var random = SeededRandom(seed: 3)
    let joined = random.floats(whole.count)
    func part(_ first: Int, _ count: Int) -> [Float] {
      (0..<2).flatMap { n in
        (0..<count * pixels).map { joined[(n * whole.channels + first) * pixels + $0] }
      }
    }
    for table in availableTables() {
      let kernels = table.pointee.layout.pointee
      let result = Buffer<Float>(count: whole.blockedCount(table.lanes))
      var inputs: [Buffer<Float>] = []
      var offset = 0
      for count in parts {
        let shape = TestShape(2, count, 1, pixels)
        inputs.append(Buffer(shape.blocked(part(offset, count), table.lanes)))
        offset += count
      }
      inPieces(whole.planeCount(table.lanes), split: true) { first, last in
        var offset = 0
        for (input, count) in zip(inputs, parts) {
          kernels.copy_channels(
            input.base, Int64(count), 0, result.base, Int64(whole.channels), Int64(offset),
            Int64(count), 2, Int64(pixels), false, first, last)
          offset += count
        }
      }
      expectSameBits(result.array, whole.blocked(joined, table.lanes), "\(table.name) concatenate")
      #expect(result.isGuardIntact)

      // Slices, and slices added to what is there.
      offset = 0
      for count in parts {
        let shape = TestShape(2, count, 1, pixels)
        let expected = shape.blocked(part(offset, count), table.lanes)
        let slice = Buffer<Float>(count: expected.count)
        let sum = Buffer(expected)
        inPieces(shape.planeCount(table.lanes), split: true) {
          kernels.copy_channels(
            result.base, Int64(whole.channels), Int64(offset), slice.base, Int64(count), 0,
            Int64(count), 2, Int64(pixels), false, $0, $1)
          kernels.copy_channels(
            result.base, Int64(whole.channels), Int64(offset), sum.base, Int64(count), 0,
            Int64(count), 2, Int64(pixels), true, $0, $1)
        }
        expectSameBits(slice.array, expected, "\(table.name) slice")
        expectSameBits(sum.array, expected.map { $0 + $0 }, "\(table.name) accumulated slice")
        #expect(slice.isGuardIntact && sum.isGuardIntact)
        offset += count
      }
    }
  }

  @Test func copyLeavesOtherChannelsAlone() {
    let shape = TestShape(1, 40, 2, 3)
    let values = (0..<shape.count).map { Float($0) }
    for table in availableTables() {
      let x = Buffer(shape.blocked(values.map { -$0 }, table.lanes))
      let y = Buffer(shape.blocked(values, table.lanes))
      inPieces(shape.planeCount(table.lanes), split: true) {
        table.pointee.layout.pointee.copy_channels(
          x.base, 40, 11, y.base, 40, 14, 9, 1, 6, false, $0, $1)
      }
      let expected = values.indices.map { i in
        (14..<23).contains(i / 6) ? -values[i - 18] : values[i]
      }
      expectSameBits(shape.plain(y.array, table.lanes), expected, table.name)
    }
  }

  @Test(arguments: [(1, 1), (5, 7), (16, 16), (33, 50), (64, 17)])
  func transpose(rows: Int, columns: Int) {
    let x = (0..<rows * columns).map { Float($0) }
    let expected = (0..<rows * columns).map { x[$0 % rows * columns + $0 / rows] }
    for table in availableTables() {
      for split in [false, true] {
        let y = Buffer<Float>(count: x.count)
        inPieces(columns, split: split) {
          table.pointee.layout.pointee.transpose(
            Buffer(x).base, y.base, Int64(rows), Int64(columns), $0, $1)
        }
        expectSameBits(y.array, expected, table.name)
        #expect(y.isGuardIntact)
      }
    }
  }

  @Test func fill() {
    for table in availableTables() {
      let y = Buffer<Float>(count: 37)
      table.pointee.layout.pointee.fill(y.base, 2.5, 37)
      #expect(y.array == [Float](repeating: 2.5, count: 37) && y.isGuardIntact)
    }
  }
}
