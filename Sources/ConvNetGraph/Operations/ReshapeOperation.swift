/// The same numbers in row-major order under another shape.
///
/// As in ONNX, 0 keeps the input's size at that place and one size of -1 is computed from the others.
public struct ReshapeOperation: Operation {
  /// The field's name.
  public static let name = "Reshape"
  /// The sizes asked for.
  public var shape: [Int]

  /// A view with these sizes.
  public init(_ shape: [Int]) {
    self.shape = shape
  }

  /// `[0, -1]`.
  public var details: String { "\(shape)" }

  /// The sizes with 0 and -1 filled in.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    let x = inputs[0]
    guard shape.allSatisfy({ $0 >= -1 }), shape.count(where: { $0 == -1 }) <= 1 else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot make \(shape) of \(x)",
        reason: "one size may be -1, all others must be 0 or more")
    }
    guard shape.indices.allSatisfy({ shape[$0] != 0 || $0 < x.rank }) else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot make \(shape) of \(x)",
        reason: "a 0 keeps the input's size at its place, and there is none")
    }
    var sizes = shape.indices.map { shape[$0] == 0 ? x[$0] : shape[$0] }
    let known = try Shape(validating: sizes.map { abs($0) }).count
    if let place = sizes.firstIndex(of: -1) {
      guard known > 0, x.count % known == 0 else {
        throw ConvNetError(
          .invalidNetwork, "\(Self.name) cannot make \(shape) of \(x)",
          reason: "\(x.count) elements do not divide by \(known)")
      }
      sizes[place] = x.count / known
    } else if known != x.count {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot make \(shape) of \(x)",
        reason: "\(x.count) elements against \(known)")
    }
    return [Shape(sizes)]
  }

  /// The same numbers.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    [ReferenceArray(outputs[0], inputs[0].elements)]
  }

  /// Laid out as not an image any more.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// The gradient in the input's shape.
  public func gradient(_ context: GradientContext) -> [Value?] {
    [context.outputGradient.reshaped(like: context.inputs[0].shape)]
  }
}

extension Value {
  /// The same numbers in a shape of as many elements; an equal first size stays open to another
  /// batch.
  func reshaped(like shape: Shape) -> Value {
    var sizes = shape.dimensions
    if let first = sizes.first, self.shape.dimensions.first == first { sizes[0] = 0 }
    return applying(ReshapeOperation(sizes))
  }
}
