/// A pooling that takes the mean of the numbers under each output.
///
/// Input: `[B, C, H, W]`. Output: `[B, C, H_out, W_out]`.
public protocol AveragePoolingOperation: PoolingOperation {
  /// What the sum under an output is divided by.
  func divisor(row: Int, column: Int, regions: ImageRegions) -> Int
}

extension AveragePoolingOperation {
  /// The number of cells under the output.
  public func divisor(row: Int, column: Int, regions: ImageRegions) -> Int {
    regions.rows[row].count * regions.columns[column].count
  }

  /// The sum of every region, divided.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let regions = regions(inputs: inputs.map(\.shape), outputs: outputs)
    return AveragePooling.means(inputs[0], outputs[0], regions, divisors(regions))
  }

  /// An ``AveragePoolingGradient``.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let size = context.inputs[0].shape.imageSize
    return [
      context.outputGradient.applying(AveragePoolingGradient(pooling: self, inputSize: size))
    ]
  }

  fileprivate func divisors(_ regions: ImageRegions) -> [Int] {
    regions.rows.indices.flatMap { row in
      regions.columns.indices.map { divisor(row: row, column: $0, regions: regions) }
    }
  }
}

/// The gradient of an average pooling: each number goes in equal shares to all cells under it.
///
/// Input: g `[B, C, H_out, W_out]`. Output: `[B, C, H, W]`.
public struct AveragePoolingGradient<Pooling: AveragePoolingOperation>: GradientOperation {
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
    try Arity.check(inputs, Self.name, 1...1)
    try Arity.checkRank(inputs[0], Self.name, 4, layout: "[B, C, H, W]")
    let shape = try Shape(
      validating: [inputs[0][0], inputs[0][1], inputSize.height, inputSize.width])
    let forward = try pooling.outputShapes(for: [shape])
    try Arity.checkShape(inputs[0], Self.name, "a gradient", forward[0])
    return [shape]
  }

  /// Adds a share to every cell.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let regions = pooling.regions(inputs: outputs, outputs: [inputs[0].shape])
    return AveragePooling.spread(inputs[0], outputs[0], regions, pooling.divisors(regions))
  }
}

/// The loops of every average pooling.
private enum AveragePooling {
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func means<Scalar: ReferenceScalar>(
    _ x: ReferenceArray<Scalar>, _ shape: Shape, _ regions: ImageRegions, _ divisors: [Int]
  ) -> [ReferenceArray<Scalar>] {
    var y = ReferenceArray<Scalar>(shape)
    regions.forEachOutput(images: shape[0] * shape[1]) { output, start, cells in
      var sum: Scalar = 0
      cells { cell in sum += x.elements[start + cell] }
      y.elements[output] = sum / Scalar(divisors[output % divisors.count])
    }
    return [y]
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func spread<Scalar: ReferenceScalar>(
    _ g: ReferenceArray<Scalar>, _ shape: Shape, _ regions: ImageRegions, _ divisors: [Int]
  ) -> [ReferenceArray<Scalar>] {
    var x = ReferenceArray<Scalar>(shape)
    regions.forEachOutput(images: shape[0] * shape[1]) { output, start, cells in
      let share = g.elements[output] / Scalar(divisors[output % divisors.count])
      cells { cell in x.elements[start + cell] += share }
    }
    return [x]
  }
}
