#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// How the samples of a resized picture come from those of the original.
///
/// Except for `nearest`, a picture that becomes smaller is averaged over all pixels that fall on a
/// new one (antialiasing), as Pillow and torchvision do it.
public enum Resampling: String, Hashable, Sendable, CaseIterable {
  /// The pixel at the same place.
  case nearest
  /// The mean of the pixels covered.
  case box
  /// Weights that fall off linearly: torchvision's usual way.
  case bilinear
  /// A cubic with a = -1/2 (Keys 1981).
  case bicubic
  /// A windowed sinc over three pixels to either side (Lanczos).
  case lanczos

  /// How far the weights reach at a scale of one, in pixels.
  var support: Double {
    switch self {
    case .nearest, .box: 0.5
    case .bilinear: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The weight at a distance of `x` pixels.
  func weight(_ x: Double) -> Double {
    switch self {
    case .nearest, .box: return x > -0.5 && x <= 0.5 ? 1 : 0
    case .bilinear: return max(0, 1 - abs(x))
    case .bicubic:
      let a = -0.5
      let x = abs(x)
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
      return 0
    case .lanczos:
      return abs(x) < 3 ? Self.sinc(x) * Self.sinc(x / 3) : 0
    }
  }

  private static func sinc(_ x: Double) -> Double {
    guard x != 0 else { return 1 }
    let angle = x * Double.pi
    return sin(angle) / angle
  }
}

/// For each sample along one new side, which old samples it is made of and with what weights.
///
/// The weights are whole numbers of 1/2^22 and each of the two passes is rounded to 8 bits: the
/// arithmetic of Pillow's `Resample.c`, so that the results are the same bytes.
struct ResamplingWeights {
  /// The bits behind the binary point.
  static let precision = 22

  /// The first old sample of each new one.
  private(set) var starts: [Int] = []
  /// The number of old samples of each new one.
  private(set) var counts: [Int] = []
  /// The weights, `stride` places for each new sample.
  private(set) var weights: [Int32] = []
  /// The places per new sample.
  let stride: Int

  init(from old: Int, to new: Int, _ resampling: Resampling) {
    let scale = Double(old) / Double(new)
    let filterScale = max(scale, 1)
    let support = resampling.support * filterScale
    stride = Int(support.rounded(.up)) * 2 + 1
    weights = [Int32](repeating: 0, count: new * stride)
    var row = [Double](repeating: 0, count: stride)
    for index in 0..<new {
      let center = (Double(index) + 0.5) * scale
      let start = max(0, Int(center - support + 0.5))
      let end = min(old, Int(center + support + 0.5))
      var sum = 0.0
      for offset in 0..<(end - start) {
        let distance = (Double(offset + start) - center + 0.5) * (1 / filterScale)
        row[offset] = resampling.weight(distance)
        sum += row[offset]
      }
      for offset in 0..<(end - start) {
        let weight = (sum == 0 ? row[offset] : row[offset] / sum) * Double(1 << Self.precision)
        weights[index * stride + offset] = Int32(weight < 0 ? weight - 0.5 : weight + 0.5)
      }
      starts.append(start)
      counts.append(end - start)
    }
  }
}
