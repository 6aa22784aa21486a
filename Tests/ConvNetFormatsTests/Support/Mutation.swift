import ConvNetGraph
import FoundationEssentials
import Testing

/// A small generator with a fixed sequence for each seed (SplitMix64, Steele et al. 2014).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Damages a file in one to four ways that find mistakes in readers: bits, whole numbers at their
/// limits, digits, cuts, repeats, shifted parts.
func mutated(_ original: [UInt8], seed: Int, focus: Int? = nil) -> [UInt8] {
  var generator = SeededGenerator(seed: seed)
  var bytes = original
  for _ in 0..<Int.random(in: 1...4, using: &generator) {
    guard !bytes.isEmpty else { break }
    // Headers matter more than pixels: half of the damage is near the beginning.
    let reach = Bool.random(using: &generator) ? bytes.count : min(bytes.count, focus ?? 256)
    let position = Int.random(in: 0..<reach, using: &generator)
    switch Int.random(in: 0..<9, using: &generator) {
    case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1: bytes[position] = UInt8.random(in: .min ... .max, using: &generator)
    case 2: bytes.removeLast(bytes.count - position)
    case 3:
      let length = Int.random(in: 1...16, using: &generator)
      bytes.removeSubrange(position..<min(bytes.count, position + length))
    case 4:
      let length = Int.random(in: 1...64, using: &generator)
      let part = bytes[position..<min(bytes.count, position + length)]
      bytes.insert(contentsOf: Array(part), at: Int.random(in: 0...bytes.count, using: &generator))
    case 5:
      let limits: [UInt64] = [
        0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max, 1 << 40,
      ]
      var number = limits.randomElement(using: &generator) ?? 0
      if Bool.random(using: &generator) { number = number.byteSwapped }
      let width = [1, 2, 4, 8].randomElement(using: &generator) ?? 4
      for index in 0..<width where position + index < bytes.count {
        bytes[position + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
      }
    case 6:
      bytes[position] = UInt8(ascii: "0") + UInt8.random(in: 0..<10, using: &generator)
    case 7:
      let length = Int.random(in: 1...64, using: &generator)
      for index in position..<min(bytes.count, position + length) { bytes[index] = 0 }
    default:
      let extra = (0..<Int.random(in: 1...32, using: &generator)).map { _ in
        UInt8.random(in: .min ... .max, using: &generator)
      }
      bytes.append(contentsOf: extra)
    }
  }
  return bytes
}

/// Feeds damaged copies of a good file to a reader: it must return or throw a ``ConvNetError``,
/// soon and without taking much memory. A trap ends the test process.
func survivesMutations(
  of original: [UInt8], count: Int = 2_000, focus: Int? = nil, seconds: Double = 60,
  sourceLocation: SourceLocation = #_sourceLocation, _ read: ([UInt8]) throws -> Void
) {
  let memoryBefore = peakMemory()
  let clock = ContinuousClock()
  let start = clock.now
  var slowest = Duration.zero
  var accepted = 0
  for seed in 0..<count {
    let bytes = mutated(original, seed: seed, focus: focus)
    let begin = clock.now
    do {
      try read(bytes)
      accepted += 1
    } catch is ConvNetError {
    } catch {
      Issue.record("seed \(seed): another error: \(error)", sourceLocation: sourceLocation)
    }
    slowest = max(slowest, clock.now - begin)
  }
  #expect(accepted < count, "every damaged file was accepted", sourceLocation: sourceLocation)
  #expect(slowest < .seconds(10), sourceLocation: sourceLocation)
  #expect(clock.now - start < .seconds(seconds), sourceLocation: sourceLocation)
  let growth = peakMemory() - memoryBefore
  #expect(growth < 600 << 20, "\(growth >> 20) MB more", sourceLocation: sourceLocation)
}

/// The largest amount of memory the process has had so far, in bytes; 0 where unknown.
func peakMemory() -> Int {
  guard let data = FileManager.default.contents(atPath: "/proc/self/status") else { return 0 }
  let text = String(decoding: data, as: UTF8.self)
  for line in text.split(separator: "\n") where line.hasPrefix("VmHWM:") {
    let number = line.split(separator: " ").dropFirst().first { Int($0) != nil }
    return (number.flatMap { Int($0) } ?? 0) << 10
  }
  return 0
}
