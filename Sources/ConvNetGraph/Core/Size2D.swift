/// A height and a width: a kernel size, a stride, a dilation.
public struct Size2D: Hashable, Sendable, Codable, CustomStringConvertible {
  /// Along H.
  public var height: Int
  /// Along W.
  public var width: Int

  /// A size with its own number along each axis.
  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// The same number along both axes.
  public init(_ both: Int) {
    self.init(height: both, width: both)
  }

  /// `3`, or `3x5` where the axes differ.
  public var description: String { height == width ? "\(height)" : "\(height)x\(width)" }
}

/// What can be given where a layer wants a height and a width: a number or a ``Size2D``.
public protocol Size2DConvertible {
  /// The height and width that are meant.
  var size2D: Size2D { get }
}

extension Int: Size2DConvertible {
  /// The same number along both axes.
  public var size2D: Size2D { Size2D(self) }
}

extension Size2D: Size2DConvertible {
  /// The size itself.
  public var size2D: Size2D { self }
}
