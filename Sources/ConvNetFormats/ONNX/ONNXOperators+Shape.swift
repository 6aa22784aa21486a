internal import ConvNetGraph

extension ONNXOperators {
  /// Operators that move numbers or look at shapes.
  static let shapes: [String: Function] = [
    "Reshape": reshape, "Slice": slice, "Pad": pad, "Split": split, "Tile": tile,
    "Flatten": { context throws(ConvNetError) in
      let x = try context.value(0)
      let axis = try context.attribute("axis", 1)
      guard (-x.shape.rank...x.shape.rank).contains(axis) else {
        throw ConvNetError(.invalidData, "there is no dimension \(axis) in \(x.shape)")
      }
      let position = axis < 0 ? axis + x.shape.rank : axis
      if position == 1, x.shape.rank > 1 { return try like(context, F.flatten(x)) }
      if position == 1, x.shape.rank == 1 {
        return try like(context, context.apply(ReshapeOperation([0, 1]), x))
      }
      let outer = x.shape.dimensions[..<position].reduce(1, *)
      let inner = x.shape.dimensions[position...].reduce(1, *)
      return try like(context, context.apply(ReshapeOperation(safe([outer, inner], of: x)), x))
    },
    "Squeeze": { context throws(ConvNetError) in
      let x = try context.value(0)
      var sizes = x.shape.dimensions
      let axes = context.has(1) ? try context.integers(1, "axes") : try context.attributes("axes")
      let places =
        try axes.map { (axes) throws(ConvNetError) in
          try context.dimensions(axes, rank: sizes.count)
        } ?? sizes.indices.filter { sizes[$0] == 1 }
      for place in places.reversed() {
        guard sizes[place] == 1 else {
          throw ConvNetError(
            .invalidNetwork, "it cannot drop dimension \(place) of \(x.shape), whose size is not 1")
        }
        sizes.remove(at: place)
      }
      return try like(context, context.reshape(x, Shape(sizes)))
    },
    "Unsqueeze": { context throws(ConvNetError) in
      let x = try context.value(0)
      let axes =
        context.has(1) ? try context.integers(1, "axes") : try context.attributes("axes") ?? []
      guard axes.count + x.shape.rank <= Shape.maximumRank else {
        throw context.refuse("its result has more than \(Shape.maximumRank) dimensions")
      }
      var sizes = x.shape.dimensions
      for place in try context.dimensions(axes, rank: sizes.count + axes.count) {
        sizes.insert(1, at: place)
      }
      return try like(context, context.reshape(x, Shape(sizes)))
    },
    "Transpose": { context throws(ConvNetError) in
      let x = try context.value(0)
      let order = try context.attributes("perm") ?? Array((0..<x.shape.rank).reversed())
      return try like(context, context.apply(TransposeOperation(order), x))
    },
    "Expand": { context throws(ConvNetError) in
      let x = try context.value(0)
      var sizes = try context.integers(1, "shape")
      // A size that the input has already may change with the batch.
      if let first = sizes.first, sizes.count == x.shape.rank, first == x.shape[0] { sizes[0] = 1 }
      return try like(context, context.apply(ExpandOperation(sizes), x))
    },
    "Concat": { context throws(ConvNetError) in
      guard context.inputCount > 0 else {
        throw ConvNetError(.invalidData, "it has no inputs")
      }
      var values: [Value] = []
      for input in 0..<context.inputCount { values.append(try context.value(input)) }
      let operation = ConcatOperation(dim: try context.attribute("axis", 1))
      return try like(context, context.builder.apply(operation, values)[0])
    },
    "DepthToSpace": { context throws(ConvNetError) in
      let (x, block) = (try context.value(0), try context.attribute("blocksize", 1))
      let shape = x.shape
      guard shape.rank == 4, (1...4_096).contains(block), shape[1] % (block * block) == 0 else {
        throw ConvNetError(
          .invalidNetwork, "it cannot cut the channels of \(shape) into blocks of \(block)")
      }
      let channels = shape[1] / (block * block)
      let depthFirst = try context.attribute("mode", "DCR") == "DCR"
      let parts = context.apply(
        ReshapeOperation(
          depthFirst
            ? [0, block, block, channels, shape[2], shape[3]]
            : [0, channels, block, block, shape[2], shape[3]]), x)
      let ordered = context.apply(
        TransposeOperation(depthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]), parts)
      return try like(
        context,
        context.apply(
          ReshapeOperation([0, channels, shape[2] * block, shape[3] * block]), ordered))
    },
    "SpaceToDepth": { context throws(ConvNetError) in
      let (x, block) = (try context.value(0), try context.attribute("blocksize", 1))
      let shape = x.shape
      guard shape.rank == 4, (1...4_096).contains(block), shape[2] % block == 0,
        shape[3] % block == 0
      else {
        throw ConvNetError(.invalidNetwork, "it cannot cut \(shape) into blocks of \(block)")
      }
      let (rows, columns) = (shape[2] / block, shape[3] / block)
      let parts = context.apply(
        ReshapeOperation([0, shape[1], rows, block, columns, block]), x)
      let ordered = context.apply(TransposeOperation([0, 3, 5, 1, 2, 4]), parts)
      return try like(
        context,
        context.apply(ReshapeOperation([0, shape[1] * block * block, rows, columns]), ordered))
    },
    "Shape": { context throws(ConvNetError) in
      let sizes = try context.shape(0).dimensions
      func cut(_ number: Int) -> Int {
        max(0, min(number < 0 ? number &+ sizes.count : number, sizes.count))
      }
      let start = cut(try context.attribute("start", 0))
      let end = cut(try context.attribute("end", sizes.count))
      return [.constant(TypedTensor(integers: Array(sizes[start..<max(start, end)])), name: "")]
    },
    "Size": { context throws(ConvNetError) in
      [.constant(TypedTensor(.int64, [], [Double(try context.shape(0).count)]), name: "")]
    },
    "If": { context throws(ConvNetError) in
      let holds = try context.known(0, "condition").doubles.first != 0
      guard
        case .graph(let branch)? = context.node.attributes[holds ? "then_branch" : "else_branch"]
      else { throw ConvNetError(.invalidData, "it has no branches") }
      return try context.evaluate(branch)
    },
  ]

  /// Sizes for a reshape: 0 would keep the input's size, so an empty dimension is computed.
  private static func safe(_ sizes: [Int], of x: Value) -> [Int] {
    var sizes = sizes
    if x.shape.count > 0, x.shape.rank > 0, sizes.first == x.shape[0] { sizes[0] = 0 }
    return sizes
  }

  private static let reshape: Function = { context throws(ConvNetError) in
    let x = try context.value(0)
    var sizes = try context.integers(1, "shape")
    guard sizes.count <= Shape.maximumRank else {
      throw context.refuse("its result has \(sizes.count) dimensions")
    }
    let allowsZero = try context.flag("allowzero")
    if !allowsZero || !sizes.contains(0) {
      let shape = x.shape
      // What the first size says about the batch: the same, or whatever the others leave.
      if let first = sizes.first, shape.rank > 0, shape.count > 0 {
        let known = sizes.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        if first == shape[0] {
          sizes[0] = 0
        } else if !sizes.contains(-1), known == shape.count, first % shape[0] == 0 {
          sizes[0] = -1
        }
      }
      return try like(context, context.apply(ReshapeOperation(sizes), x))
    }
    // A size of 0 means an empty result here.
    guard x.shape.count == 0 else {
      throw ConvNetError(.invalidNetwork, "it cannot make \(sizes) of \(x.shape)")
    }
    let shape = try Shape(validating: sizes.map { $0 == -1 ? 0 : $0 })
    return [.constant(TypedTensor(try context.type(0), shape, []), name: "")]
  }

  private static let slice: Function = { context throws(ConvNetError) in
    let x = try context.value(0)
    let starts: [Int]
    let ends: [Int]
    var axes: [Int]?
    var steps: [Int]?
    if context.hasAttribute("starts") {
      starts = try context.attributes("starts") ?? []
      ends = try context.attributes("ends") ?? []
      axes = try context.attributes("axes")
    } else {
      starts = try context.integers(1, "starts")
      ends = try context.integers(2, "ends")
      if context.has(3) { axes = try context.integers(3, "axes") }
      if context.has(4) { steps = try context.integers(4, "steps") }
    }
    let dims = axes ?? Array(starts.indices)
    let strides = steps ?? [Int](repeating: 1, count: starts.count)
    guard ends.count == starts.count, dims.count == starts.count, strides.count == starts.count
    else { throw ConvNetError(.invalidData, "its starts, ends, axes and steps differ in number") }
    var ranges: [SliceOperation.Range] = []
    var result = x
    var sizes = x.shape.dimensions
    var isEmpty = false
    for index in starts.indices {
      let dim = try context.dimension(dims[index], rank: x.shape.rank)
      let size = x.shape[dim]
      let (start, end, step) = (starts[index], ends[index], strides[index])
      guard step != 0 else { throw ConvNetError(.invalidData, "its step is 0") }
      let limit = 1 << 60
      guard (-limit...limit).contains(start) || step > 0 else {
        throw ConvNetError(.invalidData, "its start is \(start)")
      }
      if step > 0 {
        let range = SliceOperation.Range(
          dim: dim, start: start, end: end >= 1 << 32 ? Int.max : end, step: step)
        sizes[dim] = count(start, end, step, size)
        ranges.append(range)
      } else {
        // Backwards: the positions by number.
        let first = min(start < 0 ? start + size : start, size - 1)
        let last = max(end < 0 ? end + size : end, -1)
        guard size <= 1 << 16 else {
          throw context.refuse("it goes backwards through \(size) parts")
        }
        let positions = Array(stride(from: first, to: last, by: max(step, -max(size, 1))))
        sizes[dim] = positions.count
        guard !positions.isEmpty else {
          isEmpty = true
          continue
        }
        result = context.apply(
          GatherOperation(dim: dim), result,
          context.numbers([positions.count], positions.map(Double.init)))
      }
      isEmpty = isEmpty || sizes[dim] == 0
    }
    guard !isEmpty else {
      return [.constant(TypedTensor(try context.type(0), Shape(sizes), []), name: "")]
    }
    // A slice that takes everything is none.
    ranges.removeAll { $0.step == 1 && sizes[$0.dim] == x.shape[$0.dim] }
    if !ranges.isEmpty { result = context.apply(SliceOperation(ranges), result) }
    return try like(context, result)
  }

  /// The positions that a forward slice takes.
  private static func count(_ start: Int, _ end: Int, _ step: Int, _ size: Int) -> Int {
    func cut(_ position: Int) -> Int {
      max(0, min(position < 0 ? position + size : position, size))
    }
    let length = cut(end) - cut(start)
    return length <= 0 ? 0 : (length - 1) / step + 1
  }

  private static let pad: Function = { context throws(ConvNetError) in
    let x = try context.value(0)
    let rank = x.shape.rank
    let given =
      context.has(1) ? try context.integers(1, "pads") : try context.attributes("pads") ?? []
    var axes = Array(0..<rank)
    if context.has(3) {
      axes = try context.integers(3, "axes").map { $0 < 0 ? $0 &+ rank : $0 }
    }
    guard given.count == 2 * axes.count, axes.allSatisfy({ (0..<rank).contains($0) }) else {
      throw ConvNetError(
        .invalidData, "its pads have \(given.count) numbers for \(axes.count) dimensions")
    }
    var (before, after) = (
      [Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank)
    )
    for (index, axis) in axes.enumerated() {
      (before[axis], after[axis]) = (given[index], given[axes.count + index])
    }
    let limit = Shape.maximumDimension
    guard (before + after).allSatisfy({ (-limit...limit).contains($0) }) else {
      throw ConvNetError(.invalidNetwork, "its pads are out of range: \(given)")
    }
    var result = x
    // Negative padding cuts cells off.
    let cuts = (0..<rank).filter { before[$0] < 0 || after[$0] < 0 }
    if !cuts.isEmpty {
      result = context.apply(
        SliceOperation(
          cuts.map { dim in
            SliceOperation.Range(
              dim: dim, start: max(0, -before[dim]),
              end: x.shape[dim] - max(0, -after[dim]))
          }), result)
      (before, after) = (before.map { max(0, $0) }, after.map { max(0, $0) })
    }
    var filling: Float = 0
    if context.has(2), let number = try context.known(2, "value").doubles.first {
      filling = Float(number)
    } else {
      filling = try context.attribute("value", filling)
    }
    let mode: PaddingMode
    switch try context.attribute("mode", "constant") {
    case "constant": mode = .constant
    case "reflect": mode = .reflect
    case "edge": mode = .replicate
    case "wrap": mode = .circular
    case let other: throw context.refuse("it pads in the mode '\(other.escapedForDisplay)'")
    }
    // Only the last dimensions that change are named, which kernels exist for.
    let first = (0..<rank).first { before[$0] != 0 || after[$0] != 0 } ?? rank
    guard first < rank else { return try like(context, result) }
    let start = rank == 4 ? min(first, 2) : first
    return try like(
      context,
      context.apply(
        PadOperation(
          before: Array(before[start...]), after: Array(after[start...]), mode: mode,
          value: max(-Float.greatestFiniteMagnitude, min(filling, Float.greatestFiniteMagnitude))),
        result))
  }

  private static let split: Function = { context throws(ConvNetError) in
    let x = try context.value(0)
    let dim = try context.dimension(context.attribute("axis", 0), rank: x.shape.rank)
    guard x.shape.rank > 0 else { throw ConvNetError(.invalidData, "it cuts a single number") }
    let size = x.shape[dim]
    var sizes: [Int]
    if context.has(1) {
      sizes = try context.integers(1, "sizes")
    } else if let given = try context.attributes("split") {
      sizes = given
    } else {
      let count = try context.attribute("num_outputs", context.node.outputs.count)
      guard count > 0, count <= context.node.outputs.count else {
        throw ConvNetError(.invalidData, "it makes \(count) parts")
      }
      let part = (size + count - 1) / count
      sizes = (0..<count).map { max(0, min(part, size - $0 * part)) }
    }
    guard sizes.allSatisfy({ $0 >= 0 }), checkedSum(sizes) == size else {
      throw ConvNetError(
        .invalidNetwork, "it cannot cut dimension \(dim) of \(x.shape) into \(sizes)")
    }
    var results: [ONNXOperand] = []
    var start = 0
    for part in sizes {
      if part == 0 {
        var shape = x.shape.dimensions
        shape[dim] = 0
        results.append(.constant(TypedTensor(try context.type(0), Shape(shape), []), name: ""))
      } else {
        results.append(
          .value(
            context.apply(
              SliceOperation([SliceOperation.Range(dim: dim, start: start, end: start + part)]), x),
            try context.type(0)))
      }
      start += part
    }
    return results
  }

  /// Copies along a dimension are neighbours in a new one of that length.
  private static let tile: Function = { context throws(ConvNetError) in
    let x = try context.value(0)
    let repeats = try context.integers(1, "repeats")
    guard repeats.count == x.shape.rank, repeats.allSatisfy({ $0 >= 0 }) else {
      throw ConvNetError(.invalidData, "it cannot repeat \(x.shape) \(repeats) times")
    }
    var result = x
    for (dim, count) in repeats.enumerated() where count != 1 {
      let sizes = result.shape.dimensions
      guard sizes.count < Shape.maximumRank, let total = checkedProduct([sizes[dim], count]) else {
        throw context.refuse("its result is too large")
      }
      var parts = sizes
      parts.insert(1, at: dim)
      var copies = [Int](repeating: 1, count: parts.count)
      copies[dim] = count
      let split = context.apply(
        ReshapeOperation(dim == 0 ? parts : safe(parts, of: result)), result)
      var joined = sizes
      joined[dim] = total
      if dim > 0 { joined = safe(joined, of: result) }
      result = context.apply(
        ReshapeOperation(joined), context.apply(ExpandOperation(copies), split))
    }
    return try like(context, result)
  }
}
