internal import CConvNetKernels

extension Float {
  /// The nearest bfloat16, ties to even, as the kernels round: numbers below 2^-126 become zero, NaN
  /// stays NaN.
  var bfloat16: Float {
    if isNaN { return self }
    if magnitude < Float.leastNormalMagnitude { return sign == .minus ? -0.0 : 0 }
    let kept = bitPattern & 0xffff_0000
    let rest = bitPattern & 0x0000_ffff
    let isUp = rest > 0x8000 || (rest == 0x8000 && kept & 0x0001_0000 != 0)
    return Float(bitPattern: isUp ? kept + 0x0001_0000 : kept)
  }
}

extension [Float] {
  /// All numbers as bfloat16.
  var bfloat16: [Float] { map(\.bfloat16) }
}

/// The ways of multiplying, the processor's own (where it has one) and the emulation.
let bfloat16Precisions: [cn_precision] = [CN_BFLOAT16, CN_BFLOAT16_EMULATED]
