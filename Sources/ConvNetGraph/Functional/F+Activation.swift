extension F {
  /// max(0, x): PyTorch's `F.relu`.
  public static func relu(_ input: Value) -> Value { input.applying(ReLUOperation()) }

  /// min(max(x, 0), 6): PyTorch's `F.relu6`.
  public static func relu6(_ input: Value) -> Value {
    clip(input, minimum: 0, maximum: 6)
  }

  /// min(max(x, minimum), maximum): PyTorch's `torch.clamp`, ONNX's `Clip`.
  public static func clip(_ input: Value, minimum: Float, maximum: Float) -> Value {
    input.applying(ClipOperation(minimum: minimum, maximum: maximum))
  }

  /// x where it is positive, else x times the slope: PyTorch's `F.leaky_relu`.
  public static func leakyReLU(_ input: Value, negativeSlope: Float = 0.01) -> Value {
    input.applying(LeakyReLUOperation(negativeSlope: negativeSlope))
  }

  /// x where it is positive, else x times a given slope: PyTorch's `F.prelu`.
  ///
  /// - Parameters:
  ///   - input: `[B, C, ...]`.
  ///   - weight: the slopes, `[C]` or `[1]`.
  public static func prelu(_ input: Value, weight: Value) -> Value {
    input.applying(PReLUOperation(), weight)
  }

  /// 1 / (1 + e^-x): PyTorch's `F.sigmoid`.
  public static func sigmoid(_ input: Value) -> Value { input.applying(SigmoidOperation()) }

  /// The hyperbolic tangent: PyTorch's `F.tanh`.
  public static func tanh(_ input: Value) -> Value { input.applying(TanhOperation()) }

  /// x times its sigmoid: PyTorch's `F.silu`.
  public static func silu(_ input: Value) -> Value { input.applying(SiLUOperation()) }

  /// min(max(x + 3, 0), 6) / 6: PyTorch's `F.hardsigmoid`.
  public static func hardsigmoid(_ input: Value) -> Value {
    input.applying(HardsigmoidOperation())
  }

  /// x times its hard sigmoid: PyTorch's `F.hardswish`.
  public static func hardswish(_ input: Value) -> Value { input.applying(HardswishOperation()) }

  /// x times the share of a normal distribution below x: PyTorch's `F.gelu`.
  public static func gelu(
    _ input: Value, approximate: GELUOperation.Approximation = .none
  ) -> Value {
    input.applying(GELUOperation(approximate: approximate))
  }

  /// x where it is positive, else alpha (e^x - 1): PyTorch's `F.elu`.
  public static func elu(_ input: Value, alpha: Float = 1) -> Value {
    input.applying(ELUOperation(alpha: alpha))
  }

  /// ln(1 + e^(beta x)) / beta: PyTorch's `F.softplus`.
  public static func softplus(_ input: Value, beta: Float = 1, threshold: Float = 20) -> Value {
    input.applying(SoftplusOperation(beta: beta, threshold: threshold))
  }

  /// Shares along a dimension that add up to 1: PyTorch's `F.softmax`.
  public static func softmax(_ input: Value, dim: Int) -> Value {
    input.applying(SoftmaxOperation(dim: dim))
  }

  /// The logarithms of the softmax: PyTorch's `F.log_softmax`.
  public static func logSoftmax(_ input: Value, dim: Int) -> Value {
    input.applying(LogSoftmaxOperation(dim: dim))
  }
}
