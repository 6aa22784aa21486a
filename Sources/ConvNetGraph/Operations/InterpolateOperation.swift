/// A value made longer or shorter along some dimensions, in any of ONNX's ways.
///
/// For what PyTorch's layers do to images there is ``ResizeOperation``, which has kernels; this one has
/// every coordinate rule and filter that files name. Each output cell is a weighted sum of input
/// cells, dimension after dimension. Source: ONNX's `Resize` page.
public struct InterpolateOperation: Operation {
  /// The field's name.
  public static let name = "Interpolate"

  /// How numbers between cells are computed.
  public enum Mode: Hashable, Sendable, Codable {
    /// One cell, by this rule.
    case nearest(Rounding)
    /// The two cells around the position.
    case linear
    /// Four cells, by Keys's curve with this coefficient (-0.75 in PyTorch).
    case cubic(Float)
  }

  /// Which cell is the nearest.
  public enum Rounding: String, Hashable, Sendable, Codable {
    /// The nearest, of two the lower one.
    case roundPreferFloor
    /// The nearest, of two the upper one.
    case roundPreferCeil
    /// The one below.
    case floor
    /// The one above.
    case ceil
  }

  /// Where an output cell reads the input; the names are ONNX's.
  public enum Coordinates: String, Hashable, Sendable, Codable {
    /// (i + 1/2) / scale - 1/2.
    case halfPixel
    /// As `halfPixel`, around the middle of the input where the output's size was rounded.
    case halfPixelSymmetric
    /// As `halfPixel`, but 0 for an output of one cell.
    case pytorchHalfPixel
    /// The corners' centres fall on each other.
    case alignCorners
    /// i / scale.
    case asymmetric
    /// A part of the input, from ``Axis/start`` to ``Axis/end``.
    case cropAndResize
  }

  /// What happens to one dimension.
  public struct Axis: Hashable, Sendable, Codable {
    /// The dimension; negative counts from the end.
    public var dim: Int
    /// The size wanted; nil where a factor is given.
    public var size: Int?
    /// The factor: the output's size is the input's times this, rounded down; without it the ratio of
    /// the sizes.
    public var scale: Float?
    /// The part's begin as a share of the dimension, for `cropAndResize`.
    public var start: Float
    /// The part's end as a share of the dimension.
    public var end: Float

    /// A dimension with its new size or its factor.
    public init(dim: Int, size: Int? = nil, scale: Float? = nil, start: Float = 0, end: Float = 1) {
      self.dim = dim
      self.size = size
      self.scale = scale
      self.start = start
      self.end = end
    }
  }

  /// The dimensions that change.
  public var axes: [Axis]
  /// How numbers between cells are computed.
  public var mode: Mode
  /// Where an output cell reads the input.
  public var coordinates: Coordinates
  /// Whether cells outside count nothing, instead of as the edge's.
  public var excludesOutside: Bool
  /// Whether a filter grows with the step when the output is smaller, as in Pillow.
  public var antialias: Bool
  /// What stands where `cropAndResize` reads outside.
  public var extrapolation: Float

  /// A change of sizes.
  public init(
    axes: [Axis], mode: Mode, coordinates: Coordinates = .halfPixel, excludesOutside: Bool = false,
    antialias: Bool = false, extrapolation: Float = 0
  ) {
    self.axes = axes
    self.mode = mode
    self.coordinates = coordinates
    self.excludesOutside = excludesOutside
    self.antialias = antialias
    self.extrapolation = extrapolation
  }

  /// `x2.0 linear halfPixel`.
  public var details: String {
    let sizes = axes.map { axis in
      axis.size.map { "\($0)" } ?? axis.scale.map { "x\($0)" } ?? "?"
    }
    return sizes.joined(separator: " ") + " \(mode) \(coordinates.rawValue)"
  }

  /// The input's shape with the new sizes.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    var sizes = inputs[0].dimensions
    let positions = try Dimension.checked(axes.map(\.dim), of: inputs[0], Self.name)
    for (axis, position) in zip(axes, positions) {
      let size = axis.outputSize(of: sizes[position])
      guard sizes[position] >= 1, (1...Shape.maximumDimension).contains(size) else {
        throw ConvNetError(
          .invalidNetwork,
          "\(Self.name) cannot make \(size) cells of \(sizes[position]) in \(inputs[0])",
          reason: "each dimension must have at least 1 cell")
      }
      // The filter's length is proportional to the step.
      guard !antialias || sizes[position] / size <= 1 << 16 else {
        throw ConvNetError(.unsupported, "\(Self.name) cannot shrink \(inputs[0]) that far")
      }
      sizes[position] = size
    }
    return [Shape(sizes)]
  }

  /// Laid out as not the same image any more.
  public func receptiveField(inputs: [Shape]) -> ReceptiveFieldStep { .notSpatial }

  /// Dimension after dimension, and then what is outside.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var y = inputs[0]
    for axis in axes {
      let position = Dimension.position(axis.dim, rank: y.shape.rank)
      let reads = reads(axis, input: y.shape[position], output: outputs[0][position])
      var sizes = y.shape.dimensions
      sizes[position] = reads.count
      y = InterpolateOperation.mixed(y, reads, position, Shape(sizes))
    }
    guard coordinates == .cropAndResize else { return [y] }
    for axis in axes {
      let position = Dimension.position(axis.dim, rank: y.shape.rank)
      let size = inputs[0].shape[position]
      for place in 0..<y.shape[position] {
        let x = coordinate(axis, place, input: size, output: y.shape[position])
        guard x < 0 || x > Float(size - 1) else { continue }
        let lines = DimensionLines(axis.dim, of: y.shape)
        for start in lines.starts {
          y.elements[start + place * lines.step] = Scalar(extrapolation)
        }
      }
    }
    return [y]
  }

  /// An ``InterpolateGradient``.
  public func gradient(_ context: GradientContext) -> [Value?] {
    let shape = context.inputs[0].shape
    let sizes = axes.map { shape[Dimension.position($0.dim, rank: shape.rank)] }
    return [context.outputGradient.applying(InterpolateGradient(operation: self, sizes: sizes))]
  }

  /// Weighted sums along one dimension.
  private static func mixed<Scalar: ReferenceScalar>(
    _ x: ReferenceArray<Scalar>, _ reads: [[Read]], _ position: Int, _ shape: Shape
  ) -> ReferenceArray<Scalar> {
    var y = ReferenceArray<Scalar>(shape)
    let (sources, targets) = (
      DimensionLines(position, of: x.shape), DimensionLines(position, of: shape)
    )
    for (source, target) in zip(sources.starts, targets.starts) {
      for (place, cells) in reads.enumerated() {
        var sum: Scalar = 0
        for read in cells {
          sum += Scalar(read.weight) * x.elements[source + read.cell * sources.step]
        }
        y.elements[target + place * targets.step] = sum
      }
    }
    return y
  }
}

extension InterpolateOperation.Axis {
  /// The output's size for an input of this size.
  public func outputSize(of input: Int) -> Int {
    if let size { return size }
    let exact = Double(input) * Double(scale ?? 1)
    return exact >= 0 && exact <= Double(Shape.maximumDimension) ? Int(exact.rounded(.down)) : 0
  }
}

// MARK: Which cells count how much

extension InterpolateOperation {
  /// A cell along one dimension and what it counts.
  struct Read {
    let cell: Int
    let weight: Float
  }

  /// The output cell's position in the input; positions are Float32 on every path.
  func coordinate(_ axis: Axis, _ index: Int, input: Int, output: Int) -> Float {
    let i = Float(index)
    let (inputSize, outputSize) = (Float(input), Float(output))
    let scale = axis.scale ?? outputSize / inputSize
    switch coordinates {
    case .asymmetric: return i / scale
    case .halfPixel: return (i + 0.5) / scale - 0.5
    case .pytorchHalfPixel: return output > 1 ? (i + 0.5) / scale - 0.5 : 0
    case .alignCorners: return output > 1 ? i * (inputSize - 1) / (outputSize - 1) : 0
    case .halfPixelSymmetric:
      let adjustment = outputSize / (scale * inputSize)
      return inputSize / 2 * (1 - adjustment) + (i + 0.5) / scale - 0.5
    case .cropAndResize:
      let last = inputSize - 1
      return output > 1
        ? axis.start * last + i * (axis.end - axis.start) * last / (outputSize - 1)
        : 0.5 * (axis.start + axis.end) * last
    }
  }

  /// For each output cell along a dimension, the input cells that it is mixed of.
  func reads(_ axis: Axis, input: Int, output: Int) -> [[Read]] {
    // Sizes that stay are copied: a factor of 1 must not blur.
    let scale = axis.scale ?? Float(output) / Float(input)
    return (0..<output).map { index in
      let exact = coordinate(axis, index, input: input, output: output)
      let x = exact.isFinite ? max(-2, min(exact, Float(input) + 1)) : 0
      switch mode {
      case .nearest(let rounding):
        return [Read(cell: min(max(Int(rounding.cell(x)), 0), input - 1), weight: 1)]
      case .linear:
        return weighted(around: x, input: input, reach: 1, scale: scale) { max(0, 1 - abs($0)) }
      case .cubic(let a):
        return weighted(around: x, input: input, reach: 2, scale: scale) {
          InterpolateOperation.keys($0, a)
        }
      }
    }
  }

  /// The cells within the filter's reach of a position.
  private func weighted(
    around x: Float, input: Int, reach: Int, scale: Float, _ filter: (Float) -> Float
  ) -> [Read] {
    let first = x.rounded(.down)
    let share = x - first
    let stretch: Float = antialias ? min(max(scale, 1 / Float(1 << 16)), 1) : 1
    let start = antialias ? Int((-Float(reach) / stretch).rounded(.down)) + 1 : 1 - reach
    let end = 1 - start
    var reads: [Read] = []
    for offset in start...end {
      let cell = Int(first) + offset
      let isInside = (0..<input).contains(cell)
      if excludesOutside, !isInside { continue }
      let weight = filter((Float(offset) - share) * stretch)
      if weight != 0 { reads.append(Read(cell: min(max(cell, 0), input - 1), weight: weight)) }
    }
    guard antialias || excludesOutside else { return reads }
    let sum = reads.reduce(0) { $0 + $1.weight }
    return sum == 0 ? reads : reads.map { Read(cell: $0.cell, weight: $0.weight / sum) }
  }

  /// Keys's curve (1981): the weight of a cell at a distance.
  private static func keys(_ distance: Float, _ a: Float) -> Float {
    let x = abs(distance)
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    return 0
  }
}

extension InterpolateOperation.Rounding {
  fileprivate func cell(_ x: Float) -> Float {
    switch self {
    case .floor: x.rounded(.down)
    case .ceil: x.rounded(.up)
    case .roundPreferFloor: (x - 0.5).rounded(.up)
    case .roundPreferCeil: (x + 0.5).rounded(.down)
    }
  }
}

/// The gradient of an interpolation: what arrived at a cell goes to the cells it was mixed of.
///
/// Input: g. Output: the shape that was interpolated.
public struct InterpolateGradient: GradientOperation {
  /// The field's name.
  public static let name = "InterpolateGradient"
  /// The interpolation.
  public var operation: InterpolateOperation
  /// The sizes that its dimensions had.
  public var sizes: [Int]

  /// The gradient of an interpolation of dimensions of these sizes.
  public init(operation: InterpolateOperation, sizes: [Int]) {
    self.operation = operation
    self.sizes = sizes
  }

  /// The shape that was interpolated.
  public func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    var dimensions = inputs[0].dimensions
    let positions = try Dimension.checked(operation.axes.map(\.dim), of: inputs[0], Self.name)
    for (position, size) in zip(positions, sizes) { dimensions[position] = size }
    let shape = try Shape(validating: dimensions)
    try Arity.checkShape(
      inputs[0], Self.name, "a gradient", operation.outputShapes(for: [shape])[0])
    return [shape]
  }

  /// Dimension after dimension, from the last one.
  public func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    var g = inputs[0]
    for (axis, size) in zip(operation.axes, sizes).reversed() {
      let position = Dimension.position(axis.dim, rank: g.shape.rank)
      let reads = operation.reads(axis, input: size, output: g.shape[position])
      var dimensions = g.shape.dimensions
      dimensions[position] = size
      var x = ReferenceArray<Scalar>(Shape(dimensions))
      let sources = DimensionLines(position, of: x.shape)
      let targets = DimensionLines(position, of: g.shape)
      for (source, target) in zip(sources.starts, targets.starts) {
        for (place, cells) in reads.enumerated() {
          let arrived = g.elements[target + place * targets.step]
          for read in cells {
            x.elements[source + read.cell * sources.step] += Scalar(read.weight) * arrived
          }
        }
      }
      g = x
    }
    return [g]
  }
}
