/// What one number of a value sees of the network's first input, along each axis.
///
/// Three numbers per axis, as if the image had no end: the output cell at position i sees `size` input
/// cells, from offset + jump * i on. Behind adaptive pooling and enlarged images positions differ from
/// each other, and the numbers are right to about a cell; ``Graph/inputCells(seenBy:row:column:)``
/// is exact everywhere. Source: Araujo, Norris and Sim, "Computing receptive fields of convolutional
/// neural networks" (Distill, 2019).
public struct ReceptiveField: Hashable, Sendable {
  /// One axis.
  public struct Axis: Hashable, Sendable {
    /// The number of input cells that are seen, the holes of dilated windows included.
    ///
    /// It can be larger than the image, and is a fraction only where the jump is one.
    public var size: Double
    /// The input cells between the fields of neighbouring positions: the product of the strides.
    public var jump: Double
    /// The first input cell that position 0 sees; negative where it begins in the padding.
    public var offset: Double
  }

  /// Along H.
  public var height: Axis
  /// Along W.
  public var width: Axis
  /// Whether every position sees the whole image (global pooling, linear layers); sizes and offsets
  /// are those of the image then.
  public var isGlobal: Bool

  /// The field of the input's own cells.
  static let ofInput = ReceptiveField(
    height: Axis(size: 1, jump: 1, offset: 0), width: Axis(size: 1, jump: 1, offset: 0),
    isGlobal: false)

  /// The smallest field that covers this and another one.
  func union(_ other: ReceptiveField) -> ReceptiveField {
    ReceptiveField(
      height: height.union(other.height), width: width.union(other.width),
      isGlobal: isGlobal || other.isGlobal)
  }

  /// The field after an operation that sees this much of a value of this field.
  func after(
    _ step: ReceptiveFieldStep, input: Size2D, output: Size2D, image: Size2D
  ) -> ReceptiveField {
    switch step {
    case .pointwise: return self
    case .window(let window):
      let sides = window.sides(for: input)
      return ReceptiveField(
        height: height.behindWindow(
          window.kernel.height, window.stride.height, sides.top, window.dilation.height),
        width: width.behindWindow(
          window.kernel.width, window.stride.width, sides.left, window.dilation.width),
        isGlobal: isGlobal)
    case .transposedWindow(let window):
      let sides = window.sides(for: output)
      return ReceptiveField(
        height: height.behindTransposed(
          window.kernel.height, window.stride.height, sides.top, window.dilation.height),
        width: width.behindTransposed(
          window.kernel.width, window.stride.width, sides.left, window.dilation.width),
        isGlobal: isGlobal)
    case .regions(let regions):
      return ReceptiveField(
        height: height.behindRegions(regions.rows, input: input.height),
        width: width.behindRegions(regions.columns, input: input.width), isGlobal: isGlobal)
    case .global, .notSpatial:
      return ReceptiveField(
        height: Axis(size: Double(image.height), jump: height.jump, offset: 0),
        width: Axis(size: Double(image.width), jump: width.jump, offset: 0), isGlobal: true)
    }
  }
}

extension ReceptiveField.Axis {
  fileprivate func union(_ other: Self) -> Self {
    let first = min(offset, other.offset)
    let last = max(offset + size, other.offset + other.size)
    return Self(size: last - first, jump: max(jump, other.jump), offset: first)
  }

  fileprivate func behindWindow(
    _ kernel: Int, _ stride: Int, _ before: Int, _ dilation: Int
  ) -> Self {
    Self(
      size: size + Double(dilation) * Double(kernel - 1) * jump, jump: jump * Double(stride),
      offset: offset - Double(before) * jump)
  }

  // Position o sees the positions from ceil((o + P - D(K-1)) / S) to floor((o + P) / S).
  fileprivate func behindTransposed(
    _ kernel: Int, _ stride: Int, _ before: Int, _ dilation: Int
  ) -> Self {
    let reach = Double(dilation) * Double(kernel - 1)
    let first = ((Double(before) - reach) / Double(stride)).rounded(.up)
    return Self(
      size: size + (reach / Double(stride)).rounded(.down) * jump, jump: jump / Double(stride),
      offset: offset + first * jump)
  }

  fileprivate func behindRegions(_ regions: [[Int]], input: Int) -> Self {
    let extents = regions.map { cells in (cells.max() ?? 0) - (cells.min() ?? 0) }
    return Self(
      size: size + Double(extents.max() ?? 0) * jump,
      jump: jump * Double(input) / Double(max(regions.count, 1)),
      offset: offset + Double(regions.first?.min() ?? 0) * jump)
  }
}

extension ReceptiveField.Axis: CustomStringConvertible {
  /// The size, whole where it is a whole number.
  public var description: String { size == size.rounded() ? "\(Int(size))" : "\(size)" }
}
