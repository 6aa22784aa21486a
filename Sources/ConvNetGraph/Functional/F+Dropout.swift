extension F {
  /// Numbers set to 0 at random while training: PyTorch's `F.dropout`.
  public static func dropout(_ input: Value, p: Float = 0.5) -> Value {
    input.applying(DropoutOperation(probability: p))
  }

  /// Whole channels set to 0 at random while training: PyTorch's `F.dropout2d`.
  public static func dropout2d(_ input: Value, p: Float = 0.5) -> Value {
    input.applying(DropoutOperation(probability: p, wholeChannels: true))
  }
}
