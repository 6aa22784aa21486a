internal import ConvNetGraph

/// The weights and bias of a convolution into which the batch norm behind it is folded:
/// w' = w * s and b' = (b - mean) * s + beta with s = gamma / sqrt(variance + epsilon).
///
/// Inputs: w `[C_out, ...]`, gamma, beta, mean, variance, and the bias where there is one. Outputs: w'
/// and b'. It depends on parameters only, so a plan computes it once.
struct FoldedBatchNorm: GradientOperation {
  static let name = "FoldedBatchNorm"
  var epsilon: Float
  var hasBias: Bool

  var outputCount: Int { 2 }

  func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    guard inputs.count == (hasBias ? 6 : 5), inputs.dropFirst().allSatisfy({ $0 == [inputs[0][0]] })
    else { throw ConvNetError(.internal, "a batch norm does not fit its convolution: \(inputs)") }
    return [inputs[0], inputs[1]]
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var weights = inputs[0]
    var bias = ReferenceArray<Scalar>(outputs[1])
    let perChannel = weights.shape.count / max(1, weights.shape[0])
    for channel in 0..<weights.shape[0] {
      let deviation = (inputs[4].elements[channel] + Scalar(epsilon)).squareRoot()
      let scale = inputs[1].elements[channel] / deviation
      for index in channel * perChannel..<(channel + 1) * perChannel {
        weights.elements[index] *= scale
      }
      let own = hasBias ? inputs[5].elements[channel] : 0
      bias.elements[channel] =
        (own - inputs[3].elements[channel]) * scale + inputs[2].elements[channel]
    }
    return [weights, bias]
  }
}
