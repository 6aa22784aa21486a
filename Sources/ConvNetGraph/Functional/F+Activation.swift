extension F {
  /// max(0, x): PyTorch's `F.relu`.
  public static func relu(_ input: Value) -> Value { input.applying(ReLUOperation()) }
}
