/// Neighbouring dimensions made one, by default all but the batch: PyTorch's `nn.Flatten`.
public struct Flatten: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let operation: FlattenOperation

  /// Joins the dimensions `startDim...endDim`.
  public init(startDim: Int = 1, endDim: Int = -1) {
    operation = FlattenOperation(startDim: startDim, endDim: endDim)
  }

  /// The joined dimensions.
  public func forward(_ input: Value) -> Value { input.applying(operation) }
}
