internal import ConvNetGraph

/// Max pooling whose second output only its own gradient reads, so that a kernel may write it in a form
/// of its own (the place in the window, 16 bits); or that has no second output.
struct TappedMaxPool: GradientOperation {
  static let name = "TappedMaxPool2d"
  var pooling: MaxPool2dOperation
  var givesTaps: Bool

  var details: String { pooling.details }
  var outputCount: Int { givesTaps ? 2 : 1 }

  func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    Array(try pooling.outputShapes(for: inputs).prefix(outputCount))
  }

  func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    Array(pooling.reference(inputs, outputs: [outputs[0], outputs[0]]).prefix(outputCount))
  }
}

/// The gradient of a ``TappedMaxPool``.
struct TappedMaxPoolGradient: GradientOperation {
  static let name = "TappedMaxPool2dGradient"
  var pooling: MaxPool2dOperation
  var inputSize: Size2D

  private var plain: MaxPoolingGradient<MaxPool2dOperation> {
    MaxPoolingGradient(pooling: pooling, inputSize: inputSize)
  }

  func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try plain.outputShapes(for: inputs)
  }

  func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    plain.reference(inputs, outputs: outputs)
  }
}
