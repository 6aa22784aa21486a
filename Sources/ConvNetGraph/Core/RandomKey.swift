/// The random numbers of one training step: a seed of 64 bits that can travel through a graph.
///
/// A graph computes with Float32, which holds 16 bits exactly but not 64, so the key is a tensor of
/// four numbers in 0..<65536, the lowest bits first.
public enum RandomKey {
  /// The key of a seed as the tensor that a training graph takes.
  public static func tensor(_ seed: UInt64) -> Tensor {
    Tensor(uninitialized: [4]) { buffer in
      for part in 0..<4 { buffer[part] = Float(UInt16(truncatingIfNeeded: seed >> (16 * part))) }
    }
  }

  /// The seed of a key's four numbers; what is no number of 16 bits counts as 0.
  public static func seed(_ first: Float, _ second: Float, _ third: Float, _ fourth: Float)
    -> UInt64
  {
    part(first) | part(second) << 16 | part(third) << 32 | part(fourth) << 48
  }

  private static func part(_ number: Float) -> UInt64 { UInt64(UInt16(exactly: number) ?? 0) }
}
