/// The cells added around an image: given per side, or computed so that the size is kept.
public enum Padding2D: Hashable, Sendable, Codable {
  /// So many cells on each side.
  case sides(top: Int, bottom: Int, left: Int, right: Int)
  /// As many cells as make the output ceil(input / stride) long; an odd cell goes to the bottom and
  /// right (TensorFlow's SAME, ONNX's SAME_UPPER; for stride 1 PyTorch's `padding="same"`).
  case sameUpper
  /// As `sameUpper`, with the odd cell at the top and left (ONNX's SAME_LOWER).
  case sameLower

  /// The cells on each side for an input of this size.
  public func resolved(input: Size2D, kernel: Size2D, stride: Size2D, dilation: Size2D) -> Sides {
    switch self {
    case .sides(let top, let bottom, let left, let right):
      return Sides(top: top, bottom: bottom, left: left, right: right)
    case .sameUpper, .sameLower:
      func total(_ input: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
        let output = (input + max(stride, 1) - 1) / max(stride, 1)
        return max(0, (output - 1) * stride + dilation * (kernel - 1) + 1 - input)
      }
      let height = total(input.height, kernel.height, stride.height, dilation.height)
      let width = total(input.width, kernel.width, stride.width, dilation.width)
      let small = Size2D(height: height / 2, width: width / 2)
      let large = Size2D(height: height - height / 2, width: width - width / 2)
      let (first, last) = self == .sameUpper ? (small, large) : (large, small)
      return Sides(
        top: first.height, bottom: last.height, left: first.width, right: last.width)
    }
  }

  /// The cells on each of the four sides.
  public struct Sides: Hashable, Sendable {
    /// Rows above.
    public var top: Int
    /// Rows below.
    public var bottom: Int
    /// Columns to the left.
    public var left: Int
    /// Columns to the right.
    public var right: Int
  }
}

extension Padding2D: CustomStringConvertible {
  /// `1`, `1x2`, `(0,1,0,1)` for top, bottom, left, right, or `same`.
  public var description: String {
    switch self {
    case .sameUpper: return "same"
    case .sameLower: return "same-lower"
    case .sides(let top, let bottom, let left, let right):
      if top == bottom, left == right { return Size2D(height: top, width: left).description }
      return "(\(top),\(bottom),\(left),\(right))"
    }
  }
}

/// What can be given as padding: a number, a ``Size2D``, or a ``Padding2D``.
public protocol Padding2DConvertible {
  /// The padding that is meant.
  var padding2D: Padding2D { get }
}

extension Int: Padding2DConvertible {
  /// The same number of cells on all four sides.
  public var padding2D: Padding2D { .sides(top: self, bottom: self, left: self, right: self) }
}

extension Size2D: Padding2DConvertible {
  /// `height` cells above and below, `width` cells left and right.
  public var padding2D: Padding2D {
    .sides(top: height, bottom: height, left: width, right: width)
  }
}

extension Padding2D: Padding2DConvertible {
  /// The padding itself.
  public var padding2D: Padding2D { self }
}

extension Padding2DConvertible where Self == Padding2D {
  /// The size is kept: output = ceil(input / stride).
  public static var same: Padding2D { .sameUpper }
}
