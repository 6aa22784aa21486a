internal import CConvNetKernels

/// Random numbers that are the same on every run (SplitMix64, Steele et al. 2014).
struct SeededRandom: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func floats(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float.random(in: -0.5..<0.5, using: &self) }
  }

  mutating func int(_ range: ClosedRange<Int>) -> Int32 {
    Int32(Int.random(in: range, using: &self))
  }
}

/// 64-byte aligned floats that fail loudly: filled with NaN, guarded by a margin at the end.
final class AlignedFloats {
  let base: UnsafeMutablePointer<Float>
  let count: Int
  private static let guardWord: Float = 12345.5
  private static let margin = 64

  init(count: Int, filledWith value: Float = .nan) {
    self.count = count
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: (count + Self.margin) * 4, alignment: 64)
    base = raw.bindMemory(to: Float.self, capacity: count + Self.margin)
    for i in 0..<count { base[i] = value }
    for i in count..<count + Self.margin { base[i] = Self.guardWord }
  }

  convenience init(_ values: [Float]) {
    self.init(count: values.count)
    for i in values.indices { base[i] = values[i] }
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }

  var values: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
  var marginIsIntact: Bool {
    (count..<count + Self.margin).allSatisfy { base[$0] == Self.guardWord }
  }
}

/// Plain [N][C][plane] to blocked [N][C/V][plane][V], zero beyond the last channel.
func blocked(_ plain: [Float], channels: Int, plane: Int, vector: Int) -> AlignedFloats {
  let blocks = (channels + vector - 1) / vector
  let batch = plain.count / (channels * plane)
  let result = AlignedFloats(count: batch * blocks * plane * vector, filledWith: 0)
  for n in 0..<batch {
    for c in 0..<channels {
      for i in 0..<plane {
        result.base[((n * blocks + c / vector) * plane + i) * vector + c % vector] =
          plain[(n * channels + c) * plane + i]
      }
    }
  }
  return result
}

/// Blocked to plain, and whether all lanes beyond the last channel are zero.
func plain(_ blocked: AlignedFloats, channels: Int, plane: Int, vector: Int)
  -> (values: [Float], paddingIsZero: Bool)
{
  let blocks = (channels + vector - 1) / vector
  let batch = blocked.count / (blocks * plane * vector)
  var result = [Float](repeating: 0, count: batch * channels * plane)
  var paddingIsZero = true
  for n in 0..<batch {
    for c in 0..<blocks * vector {
      for i in 0..<plane {
        let value = blocked.base[((n * blocks + c / vector) * plane + i) * vector + c % vector]
        if c < channels {
          result[(n * channels + c) * plane + i] = value
        } else if value != 0 {
          paddingIsZero = false
        }
      }
    }
  }
  return (result, paddingIsZero)
}
