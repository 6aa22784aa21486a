internal import ConvNetGraph

/// A convolution with what follows it: + bias, + residual, limits; and for batch norm in training the
/// mean and the centred squares of each channel.
///
/// Inputs: x, w, then the bias and the residual where there are any. Outputs: y, and with statistics the
/// mean `[C_out]` and the sum of squared distances from it `[C_out]`.
struct FusedConvolution: GradientOperation {
  static let name = "FusedConv2d"
  var convolution: Conv2dOperation
  var hasBias: Bool
  var hasResidual = false
  var clamp = Clamp.none
  var givesStatistics = false

  var details: String { convolution.details }
  var outputCount: Int { givesStatistics ? 3 : 1 }
  var biasIndex: Int? { hasBias ? 2 : nil }
  var residualIndex: Int? { hasResidual ? (hasBias ? 3 : 2) : nil }

  func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    let own = Array(inputs.prefix(hasBias ? 3 : 2))
    let output = try convolution.outputShapes(for: own)
    guard inputs.count == own.count + (hasResidual ? 1 : 0),
      residualIndex.map({ inputs[$0] == output[0] }) ?? true
    else {
      throw ConvNetError(.internal, "a fused convolution does not fit its residual: \(inputs)")
    }
    let channels: Shape = [output[0][1]]
    return output + (givesStatistics ? [channels, channels] : [])
  }

  func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int {
    convolution.multiplyAdds(inputs: inputs, outputs: outputs)
  }

  func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var y = convolution.reference(Array(inputs.prefix(hasBias ? 3 : 2)), outputs: [outputs[0]])[0]
    if let residualIndex {
      y.elements = zip(y.elements, inputs[residualIndex].elements).map { $0 + $1 }
    }
    y.elements = y.elements.map { clamp($0) }
    guard givesStatistics else { return [y] }
    let (mean, squares) = ChannelStatistics.meanAndCentredSquares(y)
    return [y, mean, squares]
  }
}

/// Mean and centred squares per channel in plain loops.
enum ChannelStatistics {
  static func meanAndCentredSquares<Scalar: ReferenceScalar>(
    _ x: ReferenceArray<Scalar>
  ) -> (mean: ReferenceArray<Scalar>, squares: ReferenceArray<Scalar>) {
    let channels = x.shape[1]
    let plane = x.shape.dimensions.dropFirst(2).reduce(1, *)
    let count = Scalar(x.shape[0] * plane)
    var mean = ReferenceArray<Scalar>([channels])
    var squares = ReferenceArray<Scalar>([channels])
    for (index, element) in x.elements.enumerated() {
      mean.elements[index / plane % channels] += element
    }
    mean.elements = mean.elements.map { $0 / count }
    for (index, element) in x.elements.enumerated() {
      let channel = index / plane % channels
      let distance = element - mean.elements[channel]
      squares.elements[channel] += distance * distance
    }
    return (mean, squares)
  }
}
