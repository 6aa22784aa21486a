extension F {
  /// e^x: PyTorch's `torch.exp`.
  public static func exp(_ input: Value) -> Value { input.applying(ExpOperation()) }

  /// The natural logarithm: PyTorch's `torch.log`.
  public static func log(_ input: Value) -> Value { input.applying(LogOperation()) }

  /// The square root: PyTorch's `torch.sqrt`.
  public static func sqrt(_ input: Value) -> Value { input.applying(SqrtOperation()) }

  /// |x|: PyTorch's `torch.abs`.
  public static func abs(_ input: Value) -> Value { input.applying(AbsOperation()) }

  /// The error function: PyTorch's `torch.erf`.
  public static func erf(_ input: Value) -> Value { input.applying(ErfOperation()) }

  /// x to a fixed power: PyTorch's `torch.pow`.
  public static func pow(_ input: Value, _ exponent: Float) -> Value {
    input.applying(PowOperation(exponent: exponent))
  }
}
