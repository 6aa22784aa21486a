/// Numbers with a shape for the reference loops, in either scalar type, row-major.
public struct ReferenceArray<Scalar: ReferenceScalar>: Sendable {
  /// The sizes, outermost first.
  public var shape: Shape
  /// The numbers in row-major order.
  public var elements: [Scalar]

  /// An array of the given numbers; their count is the shape's.
  public init(_ shape: Shape, _ elements: [Scalar]) {
    self.shape = shape
    self.elements = elements
  }

  /// An array filled with one number.
  public init(_ shape: Shape, repeating value: Scalar = 0) {
    self.init(shape, [Scalar](repeating: value, count: shape.count))
  }

  /// The numbers of a tensor.
  public init(_ tensor: Tensor) {
    self.init(tensor.shape, tensor.withUnsafeBufferPointer { $0.map { Scalar($0) } })
  }

  /// The numbers rounded to Float32.
  public var tensor: Tensor {
    Tensor(uninitialized: shape) { buffer in
      for (index, element) in elements.enumerated() { buffer[index] = Float(element) }
    }
  }
}
