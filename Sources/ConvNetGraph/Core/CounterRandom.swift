/// Random numbers that depend on (seed, stream, index) only and on no order of drawing.
///
/// Philox 4x32 with 10 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
/// 2011), the generator of JAX and PyTorch's GPU side: any element can be computed alone, so the
/// numbers are the same at any thread count and after any resume.
public struct CounterRandom: Sendable {
  private let seed: UInt64
  private let stream: UInt64

  /// The numbers of one seed and one stream; different streams are independent.
  public init(seed: UInt64, stream: UInt64) {
    self.seed = seed
    self.stream = stream
  }

  /// The numbers of one seed and a named stream.
  public init(seed: UInt64, stream: String) {
    // FNV-1a, 64 bits.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in stream.utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    self.init(seed: seed, stream: hash)
  }

  /// Four independent words of 32 bits.
  public func words(at index: UInt64) -> SIMD4<UInt32> {
    var counter = SIMD4<UInt32>(
      UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32),
      UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
    var key0 = UInt32(truncatingIfNeeded: seed)
    var key1 = UInt32(truncatingIfNeeded: seed >> 32)
    for _ in 0..<10 {
      let product0 = UInt64(0xD251_1F53) * UInt64(counter.x)
      let product1 = UInt64(0xCD9E_8D57) * UInt64(counter.z)
      counter = SIMD4(
        UInt32(truncatingIfNeeded: product1 >> 32) ^ counter.y ^ key0,
        UInt32(truncatingIfNeeded: product1),
        UInt32(truncatingIfNeeded: product0 >> 32) ^ counter.w ^ key1,
        UInt32(truncatingIfNeeded: product0))
      key0 &+= 0x9E37_79B9
      key1 &+= 0xBB67_AE85
    }
    return counter
  }

  /// A word of 64 bits.
  public func word(at index: UInt64) -> UInt64 {
    let words = words(at: index)
    return UInt64(words.x) << 32 | UInt64(words.y)
  }

  /// A number in 0..<1 with 53 random bits.
  public func uniform(at index: UInt64) -> Double {
    Double(word(at: index) >> 11) * 0x1p-53
  }

  /// A number of the standard normal distribution (Box and Muller).
  public func normal(at index: UInt64) -> Double {
    let words = words(at: index)
    let radius = (Double(UInt64(words.x) << 32 | UInt64(words.y)) + 1) * 0x1p-64
    let angle = Double(UInt64(words.z) << 32 | UInt64(words.w)) * 0x1p-64
    return (-2 * Double.log(radius)).squareRoot() * Double.cos(2 * Double.pi * angle)
  }

  /// An integer in 0..<bound; `bound` is at least 1.
  public func integer(below bound: Int, at index: UInt64) -> Int {
    // The high half of a 64x64 product: the bias is below bound/2^64.
    Int(word(at: index).multipliedFullWidth(by: UInt64(max(bound, 1))).high)
  }

  /// The numbers 0..<count in random order (Fisher and Yates).
  public func permutation(count: Int) -> [Int] {
    var order = Array(0..<count)
    for position in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(position, integer(below: position + 1, at: UInt64(position)))
    }
    return order
  }
}
