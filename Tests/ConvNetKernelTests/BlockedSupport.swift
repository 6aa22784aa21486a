internal import CConvNetKernels
import Synchronization
import Testing

typealias Table = UnsafePointer<cn_kernel_table>

extension UnsafePointer<cn_kernel_table> {
  /// Floats in a vector, V of the blocked layout.
  var lanes: Int { Int(pointee.vector_length) }
  var name: String { String(cString: pointee.isa) }
}

/// The addresses of all buffers. The tests hand bare pointers to the kernels, and Swift may end a
/// buffer's life while a call still uses its pointer; so test memory stays until the process ends.
private let keptMemory = Mutex<[UInt]>([])

/// Numbers at a 64-byte aligned address, with a guard zone on either side that no kernel may touch.
struct Buffer<Element: BitwiseCopyable & Equatable> {
  let base: UnsafeMutablePointer<Element>
  let count: Int
  private let memory: UnsafeMutableRawPointer
  private let byteCount: Int
  private static var guardByte: UInt8 { 0xa5 }

  init(count: Int, repeating value: Element) {
    self.count = count
    byteCount = count * MemoryLayout<Element>.stride
    memory = .allocate(byteCount: byteCount + 128, alignment: 64)
    let address = UInt(bitPattern: memory)
    keptMemory.withLock { $0.append(address) }
    memory.initializeMemory(as: UInt8.self, repeating: Self.guardByte, count: byteCount + 128)
    base = (memory + 64).bindMemory(to: Element.self, capacity: count)
    base.update(repeating: value, count: count)
  }

  init(_ values: [Element], filler: Element) {
    self.init(count: values.count, repeating: filler)
    for (index, value) in values.enumerated() { base[index] = value }
  }

  var array: [Element] { Array(UnsafeBufferPointer(start: base, count: count)) }

  var isGuardIntact: Bool {
    let bytes = memory.assumingMemoryBound(to: UInt8.self)
    return (0..<64).allSatisfy {
      bytes[$0] == Self.guardByte && bytes[64 + byteCount + $0] == Self.guardByte
    }
  }
}

extension Buffer<Float> {
  init(_ values: [Float]) { self.init(values, filler: 0) }
  /// An output: NaN where nothing has been written.
  init(count: Int) { self.init(count: count, repeating: .nan) }
}

extension SeededRandom {
  mutating func floats(_ count: Int, in range: ClosedRange<Float>) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }
}

/// The shape of an activation in tests; `plain` arrays are [batch][channels][pixels].
struct TestShape: Sendable, CustomTestStringConvertible {
  var batch: Int
  var channels: Int
  var height: Int
  var width: Int

  init(_ batch: Int, _ channels: Int, _ height: Int, _ width: Int) {
    self.batch = batch
    self.channels = channels
    self.height = height
    self.width = width
  }

  var pixels: Int { height * width }
  var count: Int { batch * channels * pixels }
  var testDescription: String { "n\(batch) c\(channels) h\(height) w\(width)" }

  var planes: cn_planes {
    cn_planes(batch: Int64(batch), channels: Int64(channels), pixels: Int64(pixels))
  }

  func blocks(_ lanes: Int) -> Int { (channels + lanes - 1) / lanes }
  func planeCount(_ lanes: Int) -> Int { batch * blocks(lanes) }
  func blockedCount(_ lanes: Int) -> Int { planeCount(lanes) * pixels * lanes }

  private func blockedIndex(_ n: Int, _ c: Int, _ p: Int, _ lanes: Int) -> Int {
    ((n * blocks(lanes) + c / lanes) * pixels + p) * lanes + c % lanes
  }

  /// The blocked form of a plain array.
  func blocked<T>(_ plain: [T], _ lanes: Int, zero: T) -> [T] {
    var result = [T](repeating: zero, count: blockedCount(lanes))
    for n in 0..<batch {
      for c in 0..<channels {
        for p in 0..<pixels {
          result[blockedIndex(n, c, p, lanes)] = plain[(n * channels + c) * pixels + p]
        }
      }
    }
    return result
  }

  func blocked(_ plain: [Float], _ lanes: Int) -> [Float] { blocked(plain, lanes, zero: 0) }

  /// The plain form of a blocked array.
  func plain<T>(_ blocked: [T], _ lanes: Int) -> [T] {
    var result: [T] = []
    result.reserveCapacity(count)
    for n in 0..<batch {
      for c in 0..<channels {
        for p in 0..<pixels { result.append(blocked[blockedIndex(n, c, p, lanes)]) }
      }
    }
    return result
  }

  /// Whether every lane beyond the channels is zero.
  func unusedLanesAreZero(_ blocked: [Float], _ lanes: Int) -> Bool {
    for plane in 0..<planeCount(lanes) {
      let used = min(lanes, channels - plane % blocks(lanes) * lanes)
      for p in 0..<pixels {
        for lane in used..<lanes where blocked[(plane * pixels + p) * lanes + lane] != 0 {
          return false
        }
      }
    }
    return true
  }
}

/// Shapes with one channel, channel tails at every vector length, one pixel, odd sizes.
let testShapes = [
  TestShape(2, 3, 5, 7), TestShape(1, 16, 4, 4), TestShape(3, 33, 3, 5), TestShape(2, 1, 1, 1),
  TestShape(5, 21, 1, 1), TestShape(1, 8, 17, 19), TestShape(2, 20, 6, 6),
]

/// Calls `run` over 0..<count in one piece, or in several uneven pieces in reverse order.
func inPieces(_ count: Int, split: Bool, _ run: (Int64, Int64) -> Void) {
  guard split else { return run(0, Int64(count)) }
  var end = count
  var size = 1
  while end > 0 {
    let start = max(0, end - size)
    run(Int64(start), Int64(end))
    end = start
    size = size % 3 + 1
  }
}

/// Compares with float64 results: |actual - expected| <= relative * |expected| + absolute; NaN and
/// infinity must agree.
func expectClose(
  _ actual: [Float], _ expected: [Double], relative: Double = 1e-6, absolute: Double = 1e-6,
  _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, sourceLocation: sourceLocation)
  for (index, (a, e)) in zip(actual, expected).enumerated() {
    let isSame =
      e.isNaN
      ? a.isNaN
      : e.isInfinite
        ? Double(a) == e : abs(Double(a) - e) <= relative * abs(e) + absolute
    if !isSame {
      #expect(Bool(false), "\(what): [\(index)] is \(a), not \(e)", sourceLocation: sourceLocation)
      return
    }
  }
}

/// Compares bit patterns (any NaN equals any NaN).
func expectSameBits(
  _ actual: [Float], _ expected: [Float], _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, sourceLocation: sourceLocation)
  for (index, (a, e)) in zip(actual, expected).enumerated()
  where a.bitPattern != e.bitPattern && !(a.isNaN && e.isNaN) {
    #expect(
      Bool(false), "\(what): [\(index)] is \(a), not the same bits as \(e)",
      sourceLocation: sourceLocation)
    return
  }
}
