/// The sizes of a tensor, outermost first: `[B, C, H, W]` for a batch of images.
///
/// A shape that comes from a file or a user goes through ``init(validating:)``, which owns the
/// limits: at most 8 dimensions, each in 0...2^31-1, and fewer than 2^40 elements in all.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The sizes, outermost first.
  public let dimensions: [Int]

  /// The largest number of dimensions.
  public static let maximumRank = 8
  /// The largest size of one dimension.
  public static let maximumDimension = Int(Int32.max)
  /// The number of elements that a shape must stay below.
  public static let elementLimit = 1 << 40

  /// A shape whose sizes are known to be within the limits.
  public init(_ dimensions: [Int]) {
    self.dimensions = dimensions
  }

  /// A shape written in the source: `[1, 3, 32, 32]`.
  public init(arrayLiteral elements: Int...) {
    self.dimensions = elements
  }

  /// A shape whose sizes come from outside.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where a limit is broken.
  public init(validating dimensions: [Int]) throws(ConvNetError) {
    guard dimensions.count <= Shape.maximumRank else {
      throw ConvNetError(
        .invalidArgument, "a shape of \(dimensions.count) dimensions is not supported",
        reason: "the limit is \(Shape.maximumRank) dimensions")
    }
    var count = 1
    for size in dimensions {
      guard (0...Shape.maximumDimension).contains(size) else {
        throw ConvNetError(
          .invalidArgument, "a dimension of size \(size) in shape \(Shape(dimensions))",
          reason: "each size must be in 0...\(Shape.maximumDimension)")
      }
      let (product, overflow) = count.multipliedReportingOverflow(by: max(size, 1))
      guard !overflow, product < Shape.elementLimit else {
        throw ConvNetError(
          .invalidArgument, "shape \(Shape(dimensions)) has too many elements",
          reason: "the limit is 2^40 elements")
      }
      count = product
    }
    self.dimensions = dimensions
  }

  /// The number of dimensions.
  public var rank: Int { dimensions.count }

  /// The number of elements: the product of the sizes, 1 for a scalar.
  public var count: Int { dimensions.reduce(1, *) }

  /// The size of one dimension, outermost first.
  public subscript(index: Int) -> Int { dimensions[index] }

  /// The elements between neighbours along each dimension, in row-major order.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for index in stride(from: rank - 2, through: 0, by: -1) {
      strides[index] = strides[index + 1] * dimensions[index + 1]
    }
    return strides
  }

  /// The shape as it is written in the source: `[1, 3, 32, 32]`.
  public var description: String {
    "[" + dimensions.map(String.init).joined(separator: ", ") + "]"
  }
}

extension Shape: Codable {
  /// Reads a plain array of sizes and checks it against the limits.
  public init(from decoder: any Decoder) throws {
    try self.init(validating: [Int](from: decoder))
  }

  /// Writes a plain array of sizes.
  public func encode(to encoder: any Encoder) throws {
    try dimensions.encode(to: encoder)
  }
}
