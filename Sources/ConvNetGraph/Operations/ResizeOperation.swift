/// An image made larger or smaller by reading the nearest cell or a mixture of its neighbours.
///
/// Output cell i reads the input at the position (PyTorch's formulas)
///
///     nearest                   floor(i * scale)
///     bilinear                  max((i + 1/2) * scale - 1/2, 0)
///     bilinear, alignCorners    i * (H_in - 1) / (H_out - 1)
///
/// where scale is 1/factor if a factor is given and H_in / H_out otherwise; bilinear mixes the two
/// cells around the position along each axis. Input: `[B, C, H, W]`. Output: `[B, C, H_out, W_out]`.
/// Source: PyTorch's `interpolate` page.
public struct ResizeOperation: Operation {
  /// The field's name.
  public static let name = "Resize"

  /// How cells are read; PyTorch's `mode`.
  public enum Mode: String, Hashable, Sendable, Codable {
    /// The nearest cell.
    case nearest
    /// A mixture of the four cells around the position.
    case bilinear
  }

  /// What decides the output's size.
  public enum Target: Hashable, Sendable, Codable {
    /// The size itself.
    case size(Size2D)
    /// The factors that the input's size is multiplied by; the result is rounded down.
    case scale(height: Double, width: Double)
  }

  /// What decides the output's size.
  public var target: Target
  /// How cells are read.
  public var mode: Mode
  /// Whether the corner cells' centres fall on each other (bilinear only).
  public var alignCorners: Bool

  /// A resize to a size or by factors.
  public init(_ target: Target, mode: Mode = .nearest, alignCorners: Bool = false) {
    self.target = target
    self.mode = mode
    self.alignCorners = alignCorners
  }

  /// `x2.0 bilinear`, or `224 nearest`.
  public var details: String {
    let size =
      switch target {
      case .size(let size): "\(size)"
      case .scale(let height, let width):
        height == width ? "x\(height)" : "x\(height) x\(width)"
      }
    return "\(size) \(mode.rawValue)" + (alignCorners ? " corners" : "")
  }

  /// `[B, C, H_out, W_out]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    let x = inputs[0]
    try Arity.checkRank(x, Self.name, 4, layout: "[B, C, H, W]")
    guard mode == .bilinear || !alignCorners else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot align corners in mode nearest",
        advice: "leave alignCorners out, or use mode bilinear")
    }
    guard x[2] >= 1, x[3] >= 1 else {
      throw ConvNetError(.invalidNetwork, "\(Self.name) has no cells to read in \(x)")
    }
    let size = try outputSize(of: Size2D(height: x[2], width: x[3]))
    return [[x[0], x[1], size.height, size.width]]
  }

  private func outputSize(of input: Size2D) throws(ConvNetError) -> Size2D {
    func scaled(_ size: Int, _ factor: Double) -> Int {
      let exact = Double(size) * factor
      return exact >= 1 && exact <= Double(Shape.maximumDimension) ? Int(exact) : 0
    }
    let size =
      switch target {
      case .size(let size): size
      case .scale(let height, let width):
        Size2D(height: scaled(input.height, height), width: scaled(input.width, width))
      }
    guard size.height >= 1, size.width >= 1 else {
      throw ConvNetError(
        .invalidNetwork, "\(Self.name) cannot make \(details) of an image of size \(input)",
        reason: "each side must get at least 1 cell and at most \(Shape.maximumDimension)")
    }
    return size
  }

  /// The cells that are read and count.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep {
    let input = inputs[0].imageSize
    guard let output = try? outputSize(of: input) else { return .notSpatial }
    func cells(_ input: Int, _ output: Int, _ factor: Double?) -> [[Int]] {
      let reads: [[Read<Double>]] = reads(from: input, to: output, factor: factor)
      return reads.map { $0.filter { $0.weight != 0 }.map(\.cell) }
    }
    return .regions(
      ImageRegions(
        rows: cells(input.height, output.height, factors.height),
        columns: cells(input.width, output.width, factors.width), input: input))
  }

  /// A mixture of four cells, of which nearest reads only one.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let x = inputs[0].elements
    var y = ReferenceArray<Scalar>(outputs[0])
    forEachRead(input: inputs[0].shape, output: outputs[0]) {
      (output: Int, input: Int, weight: Scalar) in
      y.elements[output] += weight * x[input]
    }
    return [y]
  }

  /// A ``ResizeGradient``.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let shape = context.inputs[0].shape
    let size = Size2D(height: shape[2], width: shape[3])
    return [context.outputGradient.applying(ResizeGradient(resize: self, inputSize: size))]
  }

  /// Calls `body` for every cell of the output and every cell of the input that it reads, with what
  /// that counts: the one place that both directions take their indices from.
  @inline(__always)
  func forEachRead<Scalar: ReferenceScalar>(
    input: Shape, output: Shape, _ body: (_ output: Int, _ input: Int, _ weight: Scalar) -> Void
  ) {
    let rows: [[Read<Scalar>]] = reads(from: input[2], to: output[2], factor: factors.height)
    let columns: [[Read<Scalar>]] = reads(from: input[3], to: output[3], factor: factors.width)
    var cell = 0
    for plane in 0..<output[0] * output[1] {
      for row in rows {
        for column in columns {
          for vertical in row {
            for horizontal in column {
              body(
                cell, (plane * input[2] + vertical.cell) * input[3] + horizontal.cell,
                vertical.weight * horizontal.weight)
            }
          }
          cell += 1
        }
      }
    }
  }

  private var factors: (height: Double?, width: Double?) {
    switch target {
    case .size: (nil, nil)
    case .scale(let height, let width): (height, width)
    }
  }

  /// A cell along one axis and what it counts.
  private struct Read<Scalar> {
    let cell: Int
    let weight: Scalar
  }

  /// For each output cell along one axis, the one or two input cells that it reads.
  private func reads<Scalar: ReferenceScalar>(
    from input: Int, to output: Int, factor: Double?
  ) -> [[Read<Scalar>]] {
    (0..<output).map { index in
      guard mode == .bilinear else {
        let cell = nearest(index, from: input, to: output, factor: factor)
        return [Read(cell: cell, weight: 1)]
      }
      let position: Scalar
      if alignCorners {
        position = output > 1 ? Scalar(index) * (Scalar(input - 1) / Scalar(output - 1)) : 0
      } else {
        let scale = factor.map { 1 / Scalar($0) } ?? Scalar(input) / Scalar(output)
        position = max((Scalar(index) + 0.5) * scale - 0.5, 0)
      }
      let first = min(Int(position), input - 1)
      let second = min(first + 1, input - 1)
      let share = min(position - Scalar(first), 1)
      return [Read(cell: first, weight: 1 - share), Read(cell: second, weight: share)]
    }
  }

  /// The nearest cell; in Float32 at any precision, so that every path reads the same one.
  private func nearest(_ index: Int, from input: Int, to output: Int, factor: Double?) -> Int {
    if output == input { return index }
    if output == 2 * input { return index / 2 }
    let scale = factor.map { Float(1 / $0) } ?? Float(input) / Float(output)
    return min(Int(Float(index) * scale), input - 1)
  }
}

/// The gradient of a resize: what arrived at a cell goes to the cells it was mixed of.
///
/// Input: g `[B, C, H_out, W_out]`. Output: `[B, C, H, W]`.
public struct ResizeGradient: GradientOperation {
  /// The field's name.
  public static let name = "ResizeGradient"
  /// The resize.
  public var resize: ResizeOperation
  /// H and W of the resize's input.
  public var inputSize: Size2D

  /// The gradient of a resize of an image of this size.
  public init(resize: ResizeOperation, inputSize: Size2D) {
    self.resize = resize
    self.inputSize = inputSize
  }

  /// `[B, C, H, W]`.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    try Arity.checkRank(inputs[0], Self.name, 4, layout: "[B, C, H, W]")
    let shape = try Shape(validating: [
      inputs[0][0], inputs[0][1], inputSize.height, inputSize.width,
    ])
    try Arity.checkShape(inputs[0], Self.name, "a gradient", resize.outputShapes(for: [shape])[0])
    return [shape]
  }

  /// Adds every number to the cells it was mixed of.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let g = inputs[0].elements
    var x = ReferenceArray<Scalar>(outputs[0])
    resize.forEachRead(input: outputs[0], output: inputs[0].shape) {
      (output: Int, input: Int, weight: Scalar) in
      x.elements[input] += weight * g[output]
    }
    return [x]
  }
}
