/// What stands in the cells that padding adds; PyTorch's `padding_mode`.
public enum PaddingMode: String, Hashable, Sendable, Codable {
  /// One number everywhere.
  case constant
  /// The image mirrored at its edge cells, which are not repeated.
  case reflect
  /// The nearest edge cell.
  case replicate
  /// The other side of the image.
  case circular

  /// Zeros: the constant mode's name in convolution layers.
  public static let zeros = PaddingMode.constant
}

/// Cells added around a value along its last dimensions.
///
/// Of four cells a b c d with two added on each side:
///
///     constant   0 0 a b c d 0 0
///     reflect    c b a b c d c b
///     replicate  a a a b c d d d
///     circular   c d a b c d a b
///
/// Source: PyTorch's `pad` page.
public struct PadOperation: Operation {
  /// The field's name.
  public static let name = "Pad"
  /// The cells added in front along each of the last dimensions, the last one last: top, left.
  public var before: [Int]
  /// The cells added behind along the same dimensions: bottom, right.
  public var after: [Int]
  /// What stands in them.
  public var mode: PaddingMode
  /// The number of the constant mode.
  public var value: Float

  /// Adds cells along the last `before.count` dimensions.
  public init(before: [Int], after: [Int], mode: PaddingMode = .constant, value: Float = 0) {
    self.before = before
    self.after = after
    self.mode = mode
    self.value = value
  }

  /// Adds cells around an image.
  public init(_ sides: Padding2D.Sides, mode: PaddingMode = .constant, value: Float = 0) {
    self.init(
      before: [sides.top, sides.left], after: [sides.bottom, sides.right], mode: mode,
      value: value)
  }

  /// `[1, 2]+[1, 2] reflect`.
  public var details: String {
    let filling = mode == .constant ? (value == 0 ? "" : " \(value)") : " \(mode.rawValue)"
    return "\(before)+\(after)" + filling
  }

  /// The sizes with the added cells.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    let x = inputs[0]
    guard before.count == after.count, before.count <= x.rank else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot add \(before) and \(after) cells to \(x)",
        reason: "both must have a number for each of the last dimensions")
    }
    var sizes = x.dimensions
    for (position, (first, last)) in zip(before, after).enumerated() {
      let dim = x.rank - before.count + position
      let most = largestPadding(of: sizes[dim])
      guard (0...most).contains(first), (0...most).contains(last) else {
        throw ConvNetError(
          .invalidNetwork,
          "\(Self.name) cannot add \(first) and \(last) cells to dimension \(dim) of \(x)",
          reason: mode == .constant
            ? "they must be 0 or more"
            : "\(mode.rawValue) has at most \(most) cells for a size of \(sizes[dim])")
      }
      sizes[dim] += first + last
    }
    return [Shape(sizes)]
  }

  /// The cells that a side can get.
  private func largestPadding(of size: Int) -> Int {
    switch mode {
    case .constant: Shape.maximumDimension
    case .reflect: max(size - 1, 0)
    case .replicate: size == 0 ? 0 : Shape.maximumDimension
    case .circular: size
    }
  }

  /// The cells that are read in each place; none where the constant stands.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep {
    let x = inputs[0]
    guard x.rank == 4 else { return .notSpatial }
    func cells(_ dim: Int) -> [[Int]] {
      sources(dim: dim, of: x).map { $0.map { [$0] } ?? [] }
    }
    return .regions(ImageRegions(rows: cells(2), columns: cells(3), input: x.imageSize))
  }

  /// Reads every cell at its place.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    [
      inputs[0].gathered(
        indices(of: inputs[0].shape), shape: outputs[0], filling: Scalar(value))
    ]
  }

  /// The index in the input of every number of the output, -1 for the constant.
  func indices(of input: Shape) -> [Int] {
    let offsets = input.strides.enumerated().map { dim, stride in
      sources(dim: dim, of: input).map { source in source.map { $0 * stride } ?? -1 }
    }
    return GatherIndices.indices(offsets)
  }

  /// The cell along one dimension that stands in each place, nil for the constant.
  private func sources(dim: Int, of input: Shape) -> [Int?] {
    let position = dim - (input.rank - before.count)
    guard position >= 0 else { return Array(0..<input[dim]) }
    return (-before[position]..<input[dim] + after[position]).map {
      source(of: $0, size: input[dim])
    }
  }

  /// The cell that is read where `cell` is wanted, which may be outside 0..<size.
  private func source(of cell: Int, size: Int) -> Int? {
    if (0..<size).contains(cell) { return cell }
    switch mode {
    case .constant: return nil
    case .reflect: return cell < 0 ? -cell : 2 * (size - 1) - cell
    case .replicate: return min(max(cell, 0), size - 1)
    case .circular: return cell < 0 ? cell + size : cell - size
    }
  }

  /// For a constant the gradient without the added cells, a ``SliceOperation``; else a
  /// ``PadGradient``.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let (g, shape) = (context.outputGradient, context.inputs[0].shape)
    guard mode == .constant else { return [g.applying(PadGradient(padding: self))] }
    let ranges = before.enumerated().map { position, first in
      let dim = shape.rank - before.count + position
      return SliceOperation.Range(dim: dim, start: first, end: first + shape[dim])
    }
    return [g.applying(SliceOperation(ranges))]
  }
}

/// The gradient of padding: what arrived at an added cell goes to the cell that it repeats.
///
/// Input: g. Output: the shape of g without the added cells.
public struct PadGradient: GradientOperation {
  /// The field's name.
  public static let name = "PadGradient"
  /// The padding.
  public var padding: PadOperation

  /// The gradient of this padding.
  public init(padding: PadOperation) {
    self.padding = padding
  }

  /// The sizes without the added cells.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    var sizes = inputs[0].dimensions
    for (position, (first, last)) in zip(padding.before, padding.after).enumerated() {
      let dim = sizes.count - padding.before.count + position
      guard sizes.indices.contains(dim) else { continue }
      sizes[dim] = sizes[dim] &- first &- last
    }
    let shape = try Shape(validating: sizes)
    try Arity.checkShape(inputs[0], Self.name, "a gradient", padding.outputShapes(for: [shape])[0])
    return [shape]
  }

  /// Adds every number to the cell it was read from.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    [inputs[0].scattered(padding.indices(of: outputs[0]), shape: outputs[0])]
  }
}
