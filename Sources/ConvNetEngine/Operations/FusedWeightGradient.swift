internal import ConvNetGraph

/// The gradients of a convolution's weights and bias in one pass over the output's gradient.
///
/// Inputs: x, g. Outputs: the weights' gradient, the bias's gradient.
struct FusedWeightGradient: GradientOperation {
  static let name = "FusedConv2dWeightGradient"
  var weights: Conv2dWeightGradient

  var outputCount: Int { 2 }

  func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try weights.outputShapes(for: inputs) + [[inputs[1][1]]]
  }

  func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int {
    weights.multiplyAdds(inputs: inputs, outputs: outputs)
  }

  func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    weights.reference(inputs, outputs: [outputs[0]])
      + ChannelSum().reference([inputs[1]], outputs: [outputs[1]])
  }
}
