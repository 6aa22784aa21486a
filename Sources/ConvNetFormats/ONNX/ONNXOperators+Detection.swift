internal import ConvNetGraph

extension ONNXOperators {
  /// What detectors do with boxes and places.
  static let detection: [String: Function] = [
    "GridSample": { context throws(ConvNetError) in
      try like(context, GridSampler(context).sampled(context))
    },
    "RoiAlign": roiAlign, "NonMaxSuppression": nonMaxSuppression,
  ]

  // MARK: Regions

  /// Means over the cells of a grid in each region.
  ///
  /// The reading between cells is separable: one matrix mixes rows, another one columns.
  private static let roiAlign: Function = { context throws(ConvNetError) in
    let (x, regions) = (try context.value(0), try context.value(1))
    guard x.shape.rank == 4, regions.shape.rank == 2, regions.shape[1] == 4, x.shape[2] > 0,
      x.shape[3] > 0, try context.shape(2) == [regions.shape[0]]
    else {
      throw ConvNetError(
        .invalidNetwork, "it cannot take regions \(regions.shape) out of images \(x.shape)")
    }
    let mode = try context.attribute("mode", "avg")
    guard mode == "avg" else { throw context.refuse("its mode is '\(mode.escapedForDisplay)'") }
    let ratio = try context.attribute("sampling_ratio", 0)
    guard ratio > 0 else {
      throw context.refuse("how many samples it takes depends on the regions (sampling_ratio 0)")
    }
    let isHalf =
      try context.attribute(
        "coordinate_transformation_mode", context.opset < 16 ? "output_half_pixel" : "half_pixel")
      == "half_pixel"
    let corners = regions * (try context.attribute("spatial_scale", Float(1)))
    func part(_ column: Int) -> Value {
      context.apply(
        SliceOperation([SliceOperation.Range(dim: 1, start: column, end: column + 1)]), corners)
    }
    /// What each of `count` cells reads along a side of `size` cells: `[R, count, size]`.
    func mixture(from place: Int, count: Int, size: Int) throws(ConvNetError) -> Value {
      guard (1...4096).contains(count), (1...64).contains(ratio) else {
        throw ConvNetError(.invalidNetwork, "it has \(count) cells of \(ratio) samples on a side")
      }
      let samples = count * ratio
      let start = isHalf ? part(place) - 0.5 : part(place)
      let full = part(place + 2) - part(place)
      let length = isHalf ? full : F.relu(full - 1) + 1
      let ramp = (0..<samples).map { (Double($0) + 0.5) / Double(samples) }
      let places = start + length * context.numbers([1, samples], ramp)
      let cells = context.numbers([1, 1, size], (0..<size).map(Double.init))
      let shape = Shape([regions.shape[0], samples, 1])
      func column(_ value: Value) -> Value { context.reshape(value, shape) }
      let isInside = inside(context, places, from: -1, to: Float(size))
      let clipped = F.clip(places, minimum: 0, maximum: Float(size - 1))
      let hats = F.relu(1 - F.abs(column(clipped) - cells)) * column(isInside)
      let split = context.reshape(hats, [regions.shape[0], count, ratio, size])
      return context.apply(ReduceMeanOperation(dims: [2], keepDims: false), split)
    }
    let (height, width) = (
      try context.attribute("output_height", 1), try context.attribute("output_width", 1)
    )
    let rows = try mixture(from: 1, count: height, size: x.shape[2])
    let columns = try mixture(from: 0, count: width, size: x.shape[3])
    let images = context.apply(GatherOperation(dim: 0), x, try context.value(2))
    let left = context.reshape(rows, [regions.shape[0], 1, height, x.shape[2]])
    let right = context.reshape(
      context.apply(TransposeOperation([0, 2, 1]), columns),
      [regions.shape[0], 1, x.shape[3], width])
    let mixed = context.apply(MatMulOperation(), left, images)
    return try like(context, context.apply(MatMulOperation(), mixed, right))
  }

  /// 1 where a number lies between two others, which count as inside, else 0.
  fileprivate static func inside(
    _ context: ONNXNodeContext, _ value: Value, from lowest: Float, to highest: Float
  ) -> Value {
    let low = context.apply(
      CompareOperation(.greaterOrEqual), value, context.numbers([], [Double(lowest)]))
    let high = context.apply(
      CompareOperation(.lessOrEqual), value, context.numbers([], [Double(highest)]))
    return low * high
  }

  // MARK: Boxes

  private static let nonMaxSuppression: Function = { context throws(ConvNetError) in
    guard let boxes = context.constant(0)?.numbers, let scores = context.constant(1)?.numbers else {
      throw context.refuse(
        "how many boxes it keeps is known only while it runs; cut it off the network")
    }
    guard boxes.shape.rank == 3, scores.shape.rank == 3, boxes.shape[2] == 4,
      boxes.shape[0] == scores.shape[0], boxes.shape[1] == scores.shape[2]
    else {
      throw ConvNetError(
        .invalidNetwork, "its boxes \(boxes.shape) and scores \(scores.shape) do not fit")
    }
    func number(_ input: Int, _ otherwise: Double) throws(ConvNetError) -> Double {
      context.has(input) ? try context.known(input, "limit").doubles.first ?? otherwise : otherwise
    }
    let count = boxes.shape[1]
    let most = min(Double(count), max(0, try number(2, 0)))
    guard Double(scores.shape.count) * most < 0x1p28 else {
      throw context.refuse("its boxes are too many")
    }
    let isCentered = try context.flag("center_point_box")
    let threshold = try number(3, 0)
    let least = context.has(4) ? try number(4, 0) : -Double.infinity
    let (corners, shares) = (boxes.doubles, scores.doubles)
    var kept: [Double] = []
    for image in 0..<boxes.shape[0] {
      let own = (0..<count).map { box -> Box in
        Box(corners[((image * count + box) * 4)..<((image * count + box) * 4 + 4)], isCentered)
      }
      for category in 0..<scores.shape[1] {
        let first = (image * scores.shape[1] + category) * count
        let order = (0..<count).filter { shares[first + $0] > least }.sorted {
          (shares[first + $0], $1) > (shares[first + $1], $0)
        }
        var chosen: [Int] = []
        for box in order where Double(chosen.count) < most {
          if chosen.allSatisfy({ own[$0].overlap(own[box]) <= threshold }) { chosen.append(box) }
        }
        for box in chosen { kept += [Double(image), Double(category), Double(box)] }
      }
    }
    return [.constant(TypedTensor(.int64, [kept.count / 3, 3], kept), name: "")]
  }

  /// A box with its sides in order.
  private struct Box {
    let top, left, bottom, right: Double

    /// Corners `y1, x1, y2, x2`, or centre and size `x, y, w, h`.
    init(_ numbers: ArraySlice<Double>, _ isCentered: Bool) {
      let n = Array(numbers)
      if isCentered {
        (top, bottom) = (n[1] - n[3] / 2, n[1] + n[3] / 2)
        (left, right) = (n[0] - n[2] / 2, n[0] + n[2] / 2)
      } else {
        (top, bottom) = (min(n[0], n[2]), max(n[0], n[2]))
        (left, right) = (min(n[1], n[3]), max(n[1], n[3]))
      }
    }

    private var area: Double { (bottom - top) * (right - left) }

    /// The shared area as a share of the area that either covers.
    func overlap(_ other: Box) -> Double {
      let height = min(bottom, other.bottom) - max(top, other.top)
      let width = min(right, other.right) - max(left, other.left)
      guard height > 0, width > 0 else { return 0 }
      return height * width / (area + other.area - height * width)
    }
  }
}

/// Reads an image at places that another value says: PyTorch's `grid_sample`, made of gathers.
private struct GridSampler {
  private enum Padding { case zeros, border, reflection }

  private let context: ONNXNodeContext
  private let image: Value
  private let size: Size2D
  private let channels: Int
  private let padding: Padding
  private let isAligned: Bool
  private let output: Shape
  /// Where each output cell reads, `[B, 1, H_out * W_out]`.
  private let column, row: Value

  init(_ context: ONNXNodeContext) throws(ConvNetError) {
    self.context = context
    let (x, grid) = (try context.value(0), try context.value(1))
    guard x.shape.rank == 4, grid.shape.rank == 4 else {
      throw context.refuse("it samples \(x.shape), not images [B, C, H, W]")
    }
    guard grid.shape[0] == x.shape[0], grid.shape[3] == 2, x.shape.count > 0,
      x.shape[2] * x.shape[3] <= 1 << 24
    else {
      throw ConvNetError(.invalidNetwork, "it cannot sample \(x.shape) at places \(grid.shape)")
    }
    switch try context.attribute("padding_mode", "zeros") {
    case "zeros": padding = .zeros
    case "border": padding = .border
    case "reflection": padding = .reflection
    case let other: throw context.refuse("its padding_mode is '\(other.escapedForDisplay)'")
    }
    isAligned = try context.flag("align_corners")
    size = Size2D(height: x.shape[2], width: x.shape[3])
    channels = x.shape[1]
    output = Shape([x.shape[0], channels, grid.shape[1], grid.shape[2]])
    image = context.reshape(x, [x.shape[0], channels, size.height * size.width])
    let flat = Shape([x.shape[0], 1, grid.shape[1] * grid.shape[2]])
    func part(_ place: Int, _ cells: Int, isAligned: Bool) -> Value {
      let own = context.apply(
        SliceOperation([SliceOperation.Range(dim: 3, start: place, end: place + 1)]), grid)
      let unit = (context.reshape(own, flat) + 1) * 0.5
      return isAligned ? unit * Float(cells - 1) : unit * Float(cells) - 0.5
    }
    column = part(0, size.width, isAligned: isAligned)
    row = part(1, size.height, isAligned: isAligned)
  }

  func sampled(_ context: ONNXNodeContext) throws(ConvNetError) -> Value {
    let result: Value
    switch try context.attribute("mode", context.opset < 20 ? "bilinear" : "linear") {
    case "nearest":
      result = cell(
        whole(brought(column, into: size.width), .round),
        whole(brought(row, into: size.height), .round))
    case "bilinear", "linear":
      let x = brought(column, into: size.width), y = brought(row, into: size.height)
      let left = whole(x, .floor), top = whole(y, .floor)
      let right = x - left, bottom = y - top
      let upper = cell(left, top) * (1 - right) + cell(left + 1, top) * right
      let lower = cell(left, top + 1) * (1 - right) + cell(left + 1, top + 1) * right
      result = upper * (1 - bottom) + lower * bottom
    case "bicubic", "cubic": result = cubic()
    case let other: throw context.refuse("its mode is '\(other.escapedForDisplay)'")
    }
    return context.reshape(result, output)
  }

  /// Keys's curve with a = -0.75 over four cells along each axis.
  private func cubic() -> Value {
    let left = whole(column, .floor), top = whole(row, .floor)
    let across = weights(column - left), down = weights(row - top)
    var sum: Value?
    for (y, rowWeight) in down.enumerated() {
      var line: Value?
      for (x, columnWeight) in across.enumerated() {
        let read = cell(
          brought(left + Float(x - 1), into: size.width),
          brought(top + Float(y - 1), into: size.height)
        )
        line = added(line, read * columnWeight)
      }
      if let line { sum = added(sum, line * rowWeight) }
    }
    return sum ?? column
  }

  private func added(_ sum: Value?, _ value: Value) -> Value { sum.map { $0 + value } ?? value }

  private func weights(_ share: Value) -> [Value] {
    let a: Float = -0.75
    func near(_ x: Value) -> Value { ((a + 2) * x - (a + 3)) * x * x + 1 }
    func far(_ x: Value) -> Value { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    return [far(share + 1), near(share), near(1 - share), far(2 - share)]
  }

  private func whole(_ value: Value, _ function: FunctionOperation.Function) -> Value {
    context.apply(FunctionOperation(function), value)
  }

  /// A place brought inside, as the padding says.
  private func brought(_ place: Value, into cells: Int) -> Value {
    let last = Float(cells - 1)
    switch padding {
    case .zeros: return place
    case .border: return F.clip(place, minimum: 0, maximum: last)
    case .reflection:
      let (low, span) = isAligned ? (Float(0), last) : (Float(-0.5), Float(cells))
      guard span > 0 else { return place * 0 }
      let steps = (place - low) / span
      let phase = steps - whole(steps * 0.5, .floor) * 2
      let mirrored = (1 - F.abs(1 - phase)) * span + low
      return F.clip(mirrored, minimum: 0, maximum: last)
    }
  }

  /// The cells at whole places, `[B, C, H_out * W_out]`; outside there are zeros.
  private func cell(_ x: Value, _ y: Value) -> Value {
    let (width, height) = (Float(size.width), Float(size.height))
    let index =
      F.clip(y, minimum: 0, maximum: height - 1) * width + F.clip(x, minimum: 0, maximum: width - 1)
    let places = context.apply(ExpandOperation([1, channels, 1]), index)
    let read = context.apply(GatherElementsOperation(dim: 2), image, places)
    guard padding == .zeros else { return read }
    return read * ONNXOperators.inside(context, x, from: 0, to: width - 1)
      * ONNXOperators.inside(context, y, from: 0, to: height - 1)
  }
}
