/// An image with cells of one number around it: PyTorch's `nn.ConstantPad2d`.
public struct ConstantPad2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let padding: Padding2D
  let value: Float

  /// A padding by a number, a ``Size2D``, or a ``Padding2D`` per side.
  public init(_ padding: some Padding2DConvertible, value: Float) {
    self.padding = padding.padding2D
    self.value = value
  }

  /// The larger image.
  public func forward(_ input: Value) -> Value {
    input.padded(padding, mode: .constant, value: value)
  }
}

/// An image with zeros around it: PyTorch's `nn.ZeroPad2d`.
public struct ZeroPad2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let padding: Padding2D

  /// A padding by a number, a ``Size2D``, or a ``Padding2D`` per side.
  public init(_ padding: some Padding2DConvertible) {
    self.padding = padding.padding2D
  }

  /// The larger image.
  public func forward(_ input: Value) -> Value { input.padded(padding, mode: .constant) }
}

/// An image continued by its mirror image: PyTorch's `nn.ReflectionPad2d`.
public struct ReflectionPad2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let padding: Padding2D

  /// A padding by a number, a ``Size2D``, or a ``Padding2D`` per side.
  public init(_ padding: some Padding2DConvertible) {
    self.padding = padding.padding2D
  }

  /// The larger image.
  public func forward(_ input: Value) -> Value { input.padded(padding, mode: .reflect) }
}

/// An image continued by its edge cells: PyTorch's `nn.ReplicationPad2d`.
public struct ReplicationPad2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let padding: Padding2D

  /// A padding by a number, a ``Size2D``, or a ``Padding2D`` per side.
  public init(_ padding: some Padding2DConvertible) {
    self.padding = padding.padding2D
  }

  /// The larger image.
  public func forward(_ input: Value) -> Value { input.padded(padding, mode: .replicate) }
}

/// An image continued by its other side: PyTorch's `nn.CircularPad2d`.
public struct CircularPad2d: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  let padding: Padding2D

  /// A padding by a number, a ``Size2D``, or a ``Padding2D`` per side.
  public init(_ padding: some Padding2DConvertible) {
    self.padding = padding.padding2D
  }

  /// The larger image.
  public func forward(_ input: Value) -> Value { input.padded(padding, mode: .circular) }
}

extension Value {
  /// An image with cells added on the sides that are given.
  fileprivate func padded(_ padding: Padding2D, mode: PaddingMode, value: Float = 0) -> Value {
    guard case .sides(let top, let bottom, let left, let right) = padding else {
      return failing(
        ConvNetError(
          .invalidNetwork, "a padding layer cannot use padding \(padding)",
          reason: "there is no kernel that decides how much that is",
          advice: "give the number of cells, or set the padding of the convolution"))
    }
    let sides = Padding2D.Sides(top: top, bottom: bottom, left: left, right: right)
    return applying(PadOperation(sides, mode: mode, value: value))
  }
}
