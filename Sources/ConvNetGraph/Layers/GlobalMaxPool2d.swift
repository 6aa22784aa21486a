/// The largest number of each channel: PyTorch's `nn.AdaptiveMaxPool2d(1)`.
///
/// Input `[B, C, H, W]`, output `[B, C, 1, 1]`.
public struct GlobalMaxPool2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()

  /// A global maximum pooling.
  public init() {}

  /// The largest number of each channel.
  public func forward(_ input: Value) -> Value { F.globalMaxPool2d(input) }
}
