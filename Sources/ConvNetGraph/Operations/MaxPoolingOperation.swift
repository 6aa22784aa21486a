/// A pooling that keeps the largest number under each output.
///
/// NaN wins over every number, and the first of several equal numbers wins, in row-major order; both
/// as in PyTorch. Input: `[B, C, H, W]`. Outputs: the largest numbers, and their indices
/// (row * W + column, PyTorch's `return_indices`; -1 where a window covers padding only, and then the
/// largest number is -infinity). The indices carry no gradient.
public protocol MaxPoolingOperation: PoolingOperation {}

extension MaxPoolingOperation {
  /// The numbers and their indices.
  public var outputCount: Int { 2 }

  /// The largest number of every region.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    MaxPooling.largest(
      inputs[0], outputs, regions(inputs: inputs.map(\.shape), outputs: outputs))
  }

  /// A ``MaxPoolingGradient``.
  public func gradient(_ context: GradientContext) -> [Value?] {
    guard let g = context.outputGradients[0] else { return [nil] }
    let gradient = MaxPoolingGradient(pooling: self, inputSize: context.inputs[0].shape.imageSize)
    return [g.applying(gradient, context.outputs[1])]
  }
}

/// The gradient of a maximum pooling: each number goes to the cell that won.
///
/// Inputs: g and the indices, `[B, C, H_out, W_out]`. Output: `[B, C, H, W]`.
public struct MaxPoolingGradient<Pooling: MaxPoolingOperation>: GradientOperation {
  /// The pooling's name with `Gradient` behind it.
  public static var name: String { Pooling.name + "Gradient" }
  /// The pooling whose gradient this is.
  public var pooling: Pooling
  /// H and W of the pooling's image.
  public var inputSize: Size2D

  /// The gradient of a pooling of an image of this size.
  public init(pooling: Pooling, inputSize: Size2D) {
    self.pooling = pooling
    self.inputSize = inputSize
  }

  /// `[B, C, H, W]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 2...2)
    try Arity.checkRank(inputs[0], Self.name, 4, layout: "[B, C, H, W]")
    let shape = try Shape(
      validating: [inputs[0][0], inputs[0][1], inputSize.height, inputSize.width])
    guard inputSize.height * inputSize.width <= 1 << Float.significandBitCount else {
      throw ConvNetError(
        .unsupported, "\(Self.name) cannot tell the cells of an image of \(inputSize) apart",
        reason: "an index is a Float32, exact up to 2^\(Float.significandBitCount) cells")
    }
    let forward = try pooling.outputShapes(for: [shape])
    try Arity.checkShape(inputs[0], Self.name, "a gradient", forward[0])
    try Arity.checkShape(inputs[1], Self.name, "indices", forward[0])
    return [shape]
  }

  /// Adds every number to the cell that won.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    MaxPooling.spread(inputs[0], indices: inputs[1], outputs[0])
  }
}

/// The loops of every maximum pooling.
private enum MaxPooling {
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func largest<Scalar: ReferenceScalar>(
    _ x: ReferenceArray<Scalar>, _ outputs: [Shape], _ regions: ImageRegions
  ) -> [ReferenceArray<Scalar>] {
    var y = ReferenceArray<Scalar>(outputs[0], repeating: -.infinity)
    var indices = ReferenceArray<Scalar>(outputs[1], repeating: -1)
    regions.forEachOutput(images: x.shape[0] * x.shape[1]) { output, start, cells in
      var (best, place): (Scalar, Int) = (-.infinity, -1)
      cells { cell in
        let value = x.elements[start + cell]
        guard place < 0 || value > best || (value.isNaN && !best.isNaN) else { return }
        (best, place) = (value, cell)
      }
      y.elements[output] = best
      indices.elements[output] = Scalar(place)
    }
    return [y, indices]
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func spread<Scalar: ReferenceScalar>(
    _ g: ReferenceArray<Scalar>, indices: ReferenceArray<Scalar>, _ shape: Shape
  ) -> [ReferenceArray<Scalar>] {
    var x = ReferenceArray<Scalar>(shape)
    let (plane, outputPlane) = (shape[2] * shape[3], g.shape[2] * g.shape[3])
    for output in g.elements.indices where indices.elements[output] >= 0 {
      let cell = Int(indices.elements[output])
      x.elements[output / outputPlane * plane + cell] += g.elements[output]
    }
    return [x]
  }
}
