/// A fully connected layer with its own weights: PyTorch's `nn.Linear`.
///
/// Input `[..., inFeatures]`, output `[..., outFeatures]`. Parameters: `weight` `[outFeatures,
/// inFeatures]` and `bias` `[outFeatures]`, initialised as PyTorch does.
public struct Linear: Layer {
  /// What tells this layer from another.
  public let identity = LayerIdentity()
  /// The weights.
  public let weight: Parameter
  /// One number added per output; nil without bias.
  public let bias: Parameter?

  /// A fully connected layer.
  ///
  /// - Parameters:
  ///   - inFeatures: numbers that arrive per example.
  ///   - outFeatures: numbers that leave, such as the classes.
  ///   - bias: whether a number is added per output.
  ///   - initializer: how the weights start; PyTorch's default where nil.
  ///   - biasInitializer: how the bias starts; PyTorch's default where nil.
  public init(
    inFeatures: Int, outFeatures: Int, bias: Bool = true, initializer: Initializer? = nil,
    biasInitializer: Initializer? = nil
  ) {
    weight = Parameter(
      [outFeatures, inFeatures], initializer ?? .torchDefault(fanIn: inFeatures))
    self.bias =
      bias
      ? Parameter([outFeatures], biasInitializer ?? .torchDefault(fanIn: inFeatures)) : nil
  }

  /// A fully connected layer: features in, features out.
  public init(_ inFeatures: Int, _ outFeatures: Int, bias: Bool = true) {
    self.init(inFeatures: inFeatures, outFeatures: outFeatures, bias: bias)
  }

  /// The weighted sums of the features.
  public func forward(_ input: Value) -> Value {
    F.linear(
      input, weight: input.parameter(weight), bias: bias.map { input.parameter($0) })
  }
}
