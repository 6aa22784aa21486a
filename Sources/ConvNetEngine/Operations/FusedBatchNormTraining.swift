internal import ConvNetGraph

/// Batch norm in training with what stands around it: statistics from the convolution before it,
/// + residual, ReLU.
///
/// Inputs: x, weight, bias, running_mean, running_var, then mean and centred squares of x where the
/// convolution gives them, then the residual. Outputs as ``BatchNorm2dTraining``: y, mean, inverse
/// standard deviation, and the next running mean and variance.
struct FusedBatchNormTraining: GradientOperation {
  static let name = "FusedBatchNorm2dTraining"
  var norm: BatchNorm2dTraining
  var hasStatistics = false
  var hasResidual = false
  var relu = false

  var outputCount: Int { 5 }
  var residualIndex: Int? { hasResidual ? (hasStatistics ? 7 : 5) : nil }

  func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    guard inputs.count == 5 + (hasStatistics ? 2 : 0) + (hasResidual ? 1 : 0),
      residualIndex.map({ inputs[$0] == inputs[0] }) ?? true
    else { throw ConvNetError(.internal, "a fused batch norm has wrong inputs: \(inputs)") }
    return try norm.outputShapes(for: Array(inputs.prefix(5)))
  }

  func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var results = norm.reference(Array(inputs.prefix(5)), outputs: outputs)
    if let residualIndex {
      results[0].elements = zip(results[0].elements, inputs[residualIndex].elements).map { $0 + $1 }
    }
    if relu { results[0].elements = results[0].elements.map { Clamp.relu($0) } }
    return results
  }
}
