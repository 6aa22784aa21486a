/// A layer that changes nothing: PyTorch's `nn.Identity`.
///
/// It keeps a place in a ``Sequential`` numbered, or takes a layer's place that is switched off. It
/// adds no node to the graph.
public struct Identity: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()

  /// A layer that changes nothing.
  public init() {}

  /// The input.
  public func forward(_ input: Value) -> Value { input }
}
