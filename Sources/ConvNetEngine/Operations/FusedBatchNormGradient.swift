internal import ConvNetGraph

/// The gradient of a batch norm in training behind which a ReLU stands, with or without a residual
/// added between them.
///
/// Inputs: g, x, weight, mean, inverse standard deviation, then bias where the ReLU's mask is computed
/// again from x, or y where it is read from the output. Outputs: the gradients of x, weight and bias,
/// and with `givesResidual` the gradient behind the ReLU.
struct FusedBatchNormGradient: GradientOperation {
  /// How it is known where the ReLU let the gradient through.
  enum Mask: String, Hashable, Sendable, Codable {
    case none, recomputed, output
  }

  static let name = "FusedBatchNorm2dGradient"
  var mask: Mask
  var givesResidual: Bool

  var outputCount: Int { givesResidual ? 4 : 3 }

  func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    let expected = mask == .none ? 5 : 6
    guard inputs.count == expected else {
      throw ConvNetError(.internal, "a fused batch norm gradient has wrong inputs: \(inputs)")
    }
    let own = try BatchNorm2dGradient().outputShapes(for: Array(inputs.prefix(5)))
    return own + (givesResidual ? [inputs[0]] : [])
  }

  func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var g = inputs[0]
    switch mask {
    case .none: break
    case .output:
      g.elements = zip(g.elements, inputs[5].elements).map { $1 > 0 ? $0 : 0 }
    case .recomputed:
      let shape = inputs[1].shape
      let plane = shape[2] * shape[3]
      for (index, x) in inputs[1].elements.enumerated() {
        let channel = index / plane % shape[1]
        let scale = inputs[2].elements[channel] * inputs[4].elements[channel]
        let y = (x - inputs[3].elements[channel]) * scale + inputs[5].elements[channel]
        if !(y > 0) { g.elements[index] = 0 }
      }
    }
    let own = BatchNorm2dGradient().reference(
      [g] + inputs[1..<5], outputs: Array(outputs.prefix(3)))
    return own + (givesResidual ? [g] : [])
  }
}
