internal import ConvNetGraph

/// The gradient of a convolution's image with what follows it: + another gradient, and zero where the
/// ReLU in front of the convolution let nothing through.
///
/// Inputs: g, w, then the gradient to add, then the ReLU's output. Output: the image's gradient.
struct FusedInputGradient: GradientOperation {
  static let name = "FusedConv2dInputGradient"
  var gradient: Conv2dInputGradient
  var hasResidual = false
  var hasMask = false

  var residualIndex: Int? { hasResidual ? 2 : nil }
  var maskIndex: Int? { hasMask ? (hasResidual ? 3 : 2) : nil }

  func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    let output = try gradient.outputShapes(for: Array(inputs.prefix(2)))
    guard inputs.count == 2 + (hasResidual ? 1 : 0) + (hasMask ? 1 : 0),
      inputs.dropFirst(2).allSatisfy({ $0 == output[0] })
    else { throw ConvNetError(.internal, "a fused gradient has wrong inputs: \(inputs)") }
    return output
  }

  func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int {
    gradient.multiplyAdds(inputs: inputs, outputs: outputs)
  }

  func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var result = gradient.reference(Array(inputs.prefix(2)), outputs: outputs)[0]
    if let residualIndex {
      result.elements = zip(result.elements, inputs[residualIndex].elements).map { $0 + $1 }
    }
    if let maskIndex {
      result.elements = zip(result.elements, inputs[maskIndex].elements).map { $1 > 0 ? $0 : 0 }
    }
    return [result]
  }
}
