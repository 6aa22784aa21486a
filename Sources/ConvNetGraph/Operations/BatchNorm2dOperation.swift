/// Batch normalisation with running statistics: brings every channel to mean 0 and deviation 1, then
/// scales and shifts it.
///
///     y = (x - running_mean[c]) / sqrt(running_var[c] + epsilon) * weight[c] + bias[c]
///
/// While training a ``BatchNorm2dTraining`` takes its place. Inputs: x `[B, C, H, W]`, and weight,
/// bias, running_mean, running_var, each `[C]`. Output: as x. Source: Ioffe and Szegedy, "Batch
/// normalization" (2015); PyTorch's `BatchNorm2d` page.
public struct BatchNorm2dOperation: Operation {
  /// The field's name.
  public static let name = "BatchNorm2d"
  /// Added to the variance, so that a constant channel is not divided by 0.
  public var epsilon: Float
  /// How far the running statistics move towards those of the batch in a training step.
  public var momentum: Float

  /// A normalisation with these numbers.
  public init(epsilon: Float = 1e-5, momentum: Float = 0.1) {
    self.epsilon = epsilon
    self.momentum = momentum
  }

  /// The input's shape.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 5...5)
    try Arity.checkRank(inputs[0], Self.name, 4, layout: "[B, C, H, W]")
    try Normalisation.check(epsilon: epsilon, Self.name)
    guard momentum >= 0, momentum <= 1 else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot use momentum \(momentum)",
        reason: "running = (1 - momentum) * running + momentum * batch needs 0...1",
        advice: "PyTorch's default is 0.1; TensorFlow's momentum is 1 minus this one")
    }
    for (shape, what) in zip(
      inputs.dropFirst(), ["weight", "bias", "running_mean", "running_var"])
    {
      try Normalisation.checkChannels(shape, what, of: inputs[0], Self.name)
    }
    return [inputs[0]]
  }

  /// The formula on every number.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let channels = ChannelGeometry(outputs[0])
    let (weight, bias) = (inputs[1].elements, inputs[2].elements)
    let (mean, variance) = (inputs[3].elements, inputs[4].elements)
    var y = inputs[0]
    for c in 0..<channels.count {
      let inverse = 1 / (variance[c] + Scalar(epsilon)).squareRoot()
      channels.forEachIndex(of: c) { index in
        y.elements[index] = (y.elements[index] - mean[c]) * inverse * weight[c] + bias[c]
      }
    }
    return [y]
  }

  /// A ``BatchNorm2dInferenceGradient``: the statistics count as constants, for fine-tuning with
  /// frozen ones.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let inputs = context.inputs
    let gradients = Value.apply(
      BatchNorm2dInferenceGradient(epsilon: epsilon),
      to: [context.outputGradient, inputs[0], inputs[1], inputs[3], inputs[4]])
    return [gradients[0], gradients[1], gradients[2], nil, nil]
  }

  /// A ``BatchNorm2dTraining``, and updates of the running statistics.
  public func trainingForm(_ context: TrainingContext) -> [Value]? {
    let outputs = Value.apply(
      BatchNorm2dTraining(epsilon: epsilon, momentum: momentum), to: context.inputs)
    context.update(context.inputs[3], to: outputs[3])
    context.update(context.inputs[4], to: outputs[4])
    return [outputs[0]]
  }
}

/// The gradient of a batch normalisation whose statistics are constants.
///
/// Inputs: g and x `[B, C, H, W]`, and weight, running_mean, running_var, each `[C]`. Outputs: the
/// gradients of x `[B, C, H, W]`, weight `[C]`, bias `[C]`.
public struct BatchNorm2dInferenceGradient: GradientOperation {
  /// The field's name.
  public static let name = "BatchNorm2dInferenceGradient"
  /// Added to the variance.
  public var epsilon: Float

  /// The gradient of a normalisation with this epsilon.
  public init(epsilon: Float) {
    self.epsilon = epsilon
  }

  /// To x, weight and bias.
  public var outputCount: Int { 3 }

  /// The shapes of x, weight and bias.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Normalisation.checkGradient(inputs, Self.name, channelInputs: 3)
  }

  /// g * weight / sqrt(var + epsilon), and the sums of g * x_normalised and of g.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let channels = ChannelGeometry(outputs[0])
    let (g, x, weight) = (inputs[0].elements, inputs[1].elements, inputs[2].elements)
    let (mean, variance) = (inputs[3].elements, inputs[4].elements)
    var dx = ReferenceArray<Scalar>(outputs[0])
    var (dweight, dbias) = (ReferenceArray<Scalar>(outputs[1]), ReferenceArray<Scalar>(outputs[2]))
    for c in 0..<channels.count {
      let inverse = 1 / (variance[c] + Scalar(epsilon)).squareRoot()
      channels.forEachIndex(of: c) { index in
        dx.elements[index] = g[index] * weight[c] * inverse
        dweight.elements[c] += g[index] * (x[index] - mean[c]) * inverse
        dbias.elements[c] += g[index]
      }
    }
    return [dx, dweight, dbias]
  }
}
