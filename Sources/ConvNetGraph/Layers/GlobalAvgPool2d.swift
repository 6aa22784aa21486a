/// The mean of each channel: PyTorch's `nn.AdaptiveAvgPool2d(1)`.
///
/// Input `[B, C, H, W]`, output `[B, C, 1, 1]`.
public struct GlobalAvgPool2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()

  /// A global average pooling.
  public init() {}

  /// The mean of each channel.
  public func forward(_ input: Value) -> Value { F.globalAvgPool2d(input) }
}
