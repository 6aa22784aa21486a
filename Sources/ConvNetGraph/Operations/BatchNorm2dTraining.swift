/// Batch normalisation as it trains: with the statistics of the batch, which also move the running
/// ones.
///
///     y = (x - mean[c]) * inverse[c] * weight[c] + bias[c],   inverse = 1 / sqrt(var + epsilon)
///     new running = (1 - momentum) * running + momentum * batch
///
/// over the n = B*H*W numbers of each channel. As in PyTorch, var is the mean square (divided by n),
/// and what moves the running variance is the unbiased one (divided by n - 1).
///
/// Inputs: as ``BatchNorm2dOperation``. Outputs: y `[B, C, H, W]`, and mean, inverse deviation, new
/// running_mean, new running_var, each `[C]`. Only y carries a gradient.
public struct BatchNorm2dTraining: Operation {
  /// The field's name.
  public static let name = "BatchNorm2dTraining"
  /// Added to the variance.
  public var epsilon: Float
  /// How far the running statistics move towards those of the batch.
  public var momentum: Float

  /// A normalisation with these numbers.
  public init(epsilon: Float, momentum: Float) {
    self.epsilon = epsilon
    self.momentum = momentum
  }

  /// y, the batch's mean and inverse deviation, the new running mean and variance.
  public var outputCount: Int { 5 }

  /// `[B, C, H, W]` and four times `[C]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    let y = try BatchNorm2dOperation(epsilon: epsilon, momentum: momentum)
      .outputShapes(for: inputs)[0]
    guard y[1] == 0 || y.count / y[1] > 1 else {
      throw ConvNetError(
        .invalidNetwork,
        "\(BatchNorm2dOperation.name) needs more than one value per channel to train",
        reason: "B*H*W = \(y[0])*\(y[2])*\(y[3]) = \(y[0] * y[2] * y[3]): the variance of one "
          + "number is not defined",
        advice: "use a batch of at least 2, or a larger image")
    }
    return [y, [y[1]], [y[1]], [y[1]], [y[1]]]
  }

  /// The whole image: the statistics depend on all of it.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .global }

  /// Mean, then variance, then every number.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let channels = ChannelGeometry(outputs[0])
    let (x, weight, bias) = (inputs[0].elements, inputs[1].elements, inputs[2].elements)
    let (n, share) = (Scalar(channels.size), Scalar(momentum))
    var y = ReferenceArray<Scalar>(outputs[0])
    var (mean, inverse) = (ReferenceArray<Scalar>(outputs[1]), ReferenceArray<Scalar>(outputs[2]))
    var (runningMean, runningVariance) = (inputs[3], inputs[4])
    for c in 0..<channels.count {
      var sum: Scalar = 0
      channels.forEachIndex(of: c) { index in sum += x[index] }
      let center = sum / n
      var squares: Scalar = 0
      channels.forEachIndex(of: c) { index in
        squares += (x[index] - center) * (x[index] - center)
      }
      let scale = 1 / (squares / n + Scalar(epsilon)).squareRoot()
      channels.forEachIndex(of: c) { index in
        y.elements[index] = (x[index] - center) * scale * weight[c] + bias[c]
      }
      mean.elements[c] = center
      inverse.elements[c] = scale
      runningMean.elements[c] = (1 - share) * runningMean.elements[c] + share * center
      runningVariance.elements[c] =
        (1 - share) * runningVariance.elements[c] + share * squares / (n - 1)
    }
    return [y, mean, inverse, runningMean, runningVariance]
  }

  /// A ``BatchNorm2dGradient``.
  public func gradient(_ context: GradientContext) -> [Value?] {
    guard let g = context.outputGradients[0] else { return context.inputs.map { _ in nil } }
    let gradients = Value.apply(
      BatchNorm2dGradient(),
      to: [g, context.inputs[0], context.inputs[1], context.outputs[1], context.outputs[2]])
    return [gradients[0], gradients[1], gradients[2], nil, nil]
  }
}

/// The gradient of a batch normalisation with the statistics of the batch, which depend on x too.
///
///     dbias = sum of g,   dweight = sum of g * x^,   x^ = (x - mean) * inverse
///     dx = weight * inverse * (g - dbias / n - x^ * dweight / n)
///
/// Inputs: g and x `[B, C, H, W]`, and weight, mean, inverse deviation, each `[C]`. Outputs: the
/// gradients of x `[B, C, H, W]`, weight `[C]`, bias `[C]`.
public struct BatchNorm2dGradient: GradientOperation {
  /// The field's name.
  public static let name = "BatchNorm2dGradient"

  /// The gradient of a training batch normalisation.
  public init() {}

  /// To x, weight and bias.
  public var outputCount: Int { 3 }

  /// The shapes of x, weight and bias.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Normalisation.checkGradient(inputs, Self.name, channelInputs: 3)
  }

  /// The two sums, then every number.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let channels = ChannelGeometry(outputs[0])
    let (g, x, weight) = (inputs[0].elements, inputs[1].elements, inputs[2].elements)
    let (mean, inverse) = (inputs[3].elements, inputs[4].elements)
    let n = Scalar(channels.size)
    var dx = ReferenceArray<Scalar>(outputs[0])
    var (dweight, dbias) = (ReferenceArray<Scalar>(outputs[1]), ReferenceArray<Scalar>(outputs[2]))
    for c in 0..<channels.count {
      var (weightSum, biasSum): (Scalar, Scalar) = (0, 0)
      channels.forEachIndex(of: c) { index in
        weightSum += g[index] * (x[index] - mean[c]) * inverse[c]
        biasSum += g[index]
      }
      channels.forEachIndex(of: c) { index in
        let normalised = (x[index] - mean[c]) * inverse[c]
        dx.elements[index] =
          weight[c] * inverse[c] * (g[index] - biasSum / n - normalised * weightSum / n)
      }
      dweight.elements[c] = weightSum
      dbias.elements[c] = biasSum
    }
    return [dx, dweight, dbias]
  }
}
