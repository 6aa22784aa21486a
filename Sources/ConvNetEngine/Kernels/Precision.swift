internal import CConvNetKernels

extension EngineOptions.Precision {
  /// The same for the C kernels.
  var kernel: cn_precision {
    switch self {
    case .float32: CN_FLOAT32
    case .bfloat16: CN_BFLOAT16
    }
  }
}

extension cn_convolution_plan {
  /// Why the plan stays with float32 although bfloat16 is allowed; for `print(plan)`.
  var precisionRemarks: [String] {
    guard request.precision != CN_FLOAT32 else { return [] }
    return switch algorithm {
    case CN_DIRECT_BFLOAT16: []
    case CN_WINOGRAD, CN_WINOGRAD_PHASED: ["bfloat16: Winograd in float32 is faster"]
    case CN_DEPTHWISE: ["bfloat16: one channel per group has no pairs to multiply"]
    case CN_STEM: ["bfloat16: the first layer reads the plain picture"]
    default: ["bfloat16: float32 is faster here"]
    }
  }
}
