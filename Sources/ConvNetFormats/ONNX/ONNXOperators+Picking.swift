internal import ConvNetGraph

extension ONNXOperators {
  /// Operators that pick or place numbers by indices.
  static let picking: [String: Function] = [
    "Gather": { context throws(ConvNetError) in
      let x = try context.value(0)
      let dim = try context.dimension(context.attribute("axis", 0), rank: x.shape.rank)
      guard x.shape.rank > 0 else { throw ConvNetError(.invalidData, "it picks of one number") }
      // One known index is a slice without its dimension.
      if !context.folds, let (numbers, _) = context.constant(1), numbers.shape.rank == 0,
        let index = numbers.integers.first, (-x.shape[dim]..<x.shape[dim]).contains(index)
      {
        let start = index < 0 ? index + x.shape[dim] : index
        let part = context.apply(
          SliceOperation([SliceOperation.Range(dim: dim, start: start, end: start + 1)]), x)
        var sizes = part.shape.dimensions
        sizes.remove(at: dim)
        return try like(
          context,
          dim == 0
            ? context.apply(ReshapeOperation(sizes), part) : context.reshape(part, Shape(sizes)))
      }
      if let (numbers, _) = context.constant(1) {
        for index in numbers.integers where !(-x.shape[dim]..<x.shape[dim]).contains(index) {
          throw ConvNetError(
            .invalidNetwork, "it picks number \(index) of \(x.shape[dim])")
        }
      }
      return try like(context, context.apply(GatherOperation(dim: dim), x, context.value(1)))
    },
    "GatherElements": { context throws(ConvNetError) in
      try like(
        context,
        context.apply(
          GatherElementsOperation(dim: try context.attribute("axis", 0)), context.value(0),
          context.value(1)))
    },
    "GatherND": { context throws(ConvNetError) in
      try like(
        context,
        context.apply(
          GatherNDOperation(batchDims: try context.attribute("batch_dims", 0)), context.value(0),
          context.value(1)))
    },
    "ScatterElements": scatter, "Scatter": scatter,
    "ScatterND": { context throws(ConvNetError) in
      try like(
        context,
        context.apply(
          ScatterNDOperation(reduction: try reduction(context)), context.value(0),
          context.value(1), context.value(2)))
    },
    "OneHot": { context throws(ConvNetError) in
      let indices = try context.value(0)
      let depth = try context.integer(1, "depth")
      guard (1...(1 << 20)).contains(depth) else {
        throw ConvNetError(.invalidNetwork, "it has a depth of \(depth)")
      }
      let axis = try context.dimension(
        context.attribute("axis", -1), rank: indices.shape.rank + 1)
      let values = try context.value(2)
      func number(_ position: Int) -> Value {
        context.apply(
          ReshapeOperation([]),
          context.apply(
            SliceOperation([SliceOperation.Range(dim: 0, start: position, end: position + 1)]),
            values))
      }
      let hot = oneHot(context, indices, depth: depth, axis: axis)
      return [
        .value(hot * (number(1) - number(0)) + number(0), try context.type(2))
      ]
    },
    "Trilu": { context throws(ConvNetError) in
      let x = try context.value(0)
      guard x.shape.rank >= 2 else { throw ConvNetError(.invalidData, "it takes no matrix") }
      let (rows, columns) = (x.shape[x.shape.rank - 2], x.shape[x.shape.rank - 1])
      let diagonal = context.has(1) ? try context.integer(1, "diagonal") : 0
      let isUpper = try context.flag("upper", true)
      guard rows * columns <= 1 << 22 else { throw context.refuse("its matrices are too large") }
      let mask = (0..<rows).flatMap { row in
        (0..<columns).map { column -> Double in
          let distance = column - row
          return (isUpper ? distance >= diagonal : distance <= diagonal) ? 1 : 0
        }
      }
      guard x.shape.count > 0 else { return try like(context, x) }
      return try like(
        context,
        context.apply(
          WhereOperation(), context.numbers([rows, columns], mask), x, context.numbers([], [0])))
    },
    "ReverseSequence": { context throws(ConvNetError) in
      let x = try context.value(0)
      let (batch, time) = (
        try context.attribute("batch_axis", 1), try context.attribute("time_axis", 0)
      )
      guard x.shape.rank >= 2, Set([batch, time]) == [0, 1] else {
        throw context.refuse("its axes are not 0 and 1")
      }
      let lengths = try context.integers(1, "lengths")
      let (steps, count) = (x.shape[time], x.shape[batch])
      guard steps * count <= 1 << 22, lengths.count == count,
        lengths.allSatisfy({ (0...steps).contains($0) })
      else {
        throw ConvNetError(.invalidNetwork, "it has lengths \(lengths) for \(x.shape)")
      }
      // Tuples (first dimension, second dimension) of what each place reads.
      let (outer, inner) = (x.shape[0], x.shape[1])
      let tuples = (0..<outer).flatMap { i in
        (0..<inner).flatMap { j -> [Double] in
          let (step, item) = time == 0 ? (i, j) : (j, i)
          let source = step < lengths[item] ? lengths[item] - 1 - step : step
          return time == 0 ? [Double(source), Double(item)] : [Double(item), Double(source)]
        }
      }
      return try like(
        context,
        context.apply(GatherNDOperation(), x, context.numbers([outer, inner, 2], tuples)))
    },
    "Compress": { context throws(ConvNetError) in
      var x = try context.value(0)
      var dim = 0
      if context.hasAttribute("axis") {
        dim = try context.dimension(context.attribute("axis", 0), rank: x.shape.rank)
      } else {
        x = context.apply(ReshapeOperation([-1]), x)
      }
      guard x.shape.rank > 0 else { throw ConvNetError(.invalidData, "it picks of one number") }
      let places = try context.known(1, "condition").doubles.enumerated()
        .filter { $0.element != 0 }.map { Double($0.offset) }
      guard places.allSatisfy({ Int($0) < x.shape[dim] }) else {
        throw ConvNetError(.invalidNetwork, "its condition is longer than its input \(x.shape)")
      }
      return try like(
        context,
        context.apply(GatherOperation(dim: dim), x, context.numbers([places.count], places)))
    },
  ]

  private static let scatter: Function = { context throws(ConvNetError) in
    try like(
      context,
      context.apply(
        ScatterElementsOperation(
          dim: try context.attribute("axis", 0), reduction: try reduction(context)),
        context.value(0), context.value(1), context.value(2)))
  }

  private static func reduction(_ context: ONNXNodeContext) throws(ConvNetError) -> ScatterReduction
  {
    switch try context.attribute("reduction", "none") {
    case "none": .replace
    case "add": .add
    case "mul": .multiply
    case "max": .maximum
    case "min": .minimum
    case let other: throw context.refuse("it combines numbers by '\(other.escapedForDisplay)'")
    }
  }

  /// 1 where a new dimension's position is the index, which may count from the end, else 0.
  static func oneHot(
    _ context: ONNXNodeContext, _ indices: Value, depth: Int, axis: Int
  ) -> Value {
    var sizes = indices.shape.dimensions
    sizes.insert(1, at: min(axis, sizes.count))
    let column =
      axis == 0
      ? context.apply(ReshapeOperation(sizes), indices) : context.reshape(indices, Shape(sizes))
    var line = [Int](repeating: 1, count: sizes.count)
    line[min(axis, sizes.count - 1)] = depth
    let places = context.numbers(Shape(line), (0..<depth).map(Double.init))
    let equal = context.apply(CompareOperation(.equal), column, places)
    return equal + context.apply(CompareOperation(.equal), column + Float(depth), places)
  }

  /// Numbers that are known from attributes and shapes.
  static let constants: [String: Function] = [
    "Constant": { context throws(ConvNetError) in
      let attributes = context.node.attributes
      if case .tensor(let tensor)? = attributes["value"] {
        return [.constant(tensor.constant, name: "")]
      }
      if case .float(let number)? = attributes["value_float"] {
        return [.constant(TypedTensor(.float32, [], [Double(number)]), name: "")]
      }
      if case .integer(let number)? = attributes["value_int"] {
        return [.constant(TypedTensor(.int64, [], [Double(number)]), name: "")]
      }
      if let numbers = try context.floats("value_floats") {
        return [
          .constant(TypedTensor(.float32, [numbers.count], numbers.map(Double.init)), name: "")
        ]
      }
      if let numbers = try context.attributes("value_ints") {
        return [.constant(TypedTensor(integers: numbers), name: "")]
      }
      throw context.refuse("its value is no tensor of numbers")
    },
    "ConstantOfShape": { context throws(ConvNetError) in
      let shape = try Shape(validating: try context.integers(0, "shape"))
      guard shape.count <= 1 << 22 else { throw context.refuse("its output \(shape) is too large") }
      var (type, number) = (ElementType.float32, 0.0)
      if case .tensor(let tensor)? = context.node.attributes["value"] {
        (type, number) = (tensor.elementType, tensor.constant.doubles.first ?? 0)
      }
      return [
        .constant(
          TypedTensor(type, shape, [Double](repeating: number, count: shape.count)), name: "")
      ]
    },
    "Range": { context throws(ConvNetError) in
      func number(_ input: Int, _ what: String) throws(ConvNetError) -> Double {
        let numbers = try context.known(input, what)
        guard let number = numbers.doubles.first else {
          throw ConvNetError(.invalidData, "its \(what) is empty")
        }
        return number
      }
      let (start, limit, delta) = (
        try number(0, "start"), try number(1, "limit"), try number(2, "step")
      )
      let count = ((limit - start) / delta).rounded(.up)
      guard count.isFinite, count < Double(1 << 22) else {
        throw ConvNetError(.invalidNetwork, "it counts from \(start) to \(limit) by \(delta)")
      }
      let numbers = (0..<max(Int(count), 0)).map { start + Double($0) * delta }
      return [
        .constant(TypedTensor(try context.type(0), [numbers.count], numbers), name: "")
      ]
    },
    "EyeLike": { context throws(ConvNetError) in
      let shape = try context.shape(0)
      guard shape.rank == 2, shape.count <= 1 << 22 else {
        throw context.refuse("its input \(shape) is no matrix")
      }
      let offset = try context.attribute("k", 0)
      var type = try context.type(0)
      if context.hasAttribute("dtype"),
        let own = ONNXTensorReader.elementType(try context.attribute("dtype", 1))
      {
        type = own
      }
      let numbers = (0..<shape[0]).flatMap { row in
        (0..<shape[1]).map { $0 - row == offset ? 1.0 : 0 }
      }
      return [.constant(TypedTensor(type, shape, numbers), name: "")]
    },
    "NonZero": { context throws(ConvNetError) in
      let numbers = try context.known(0, "input")
      let places = numbers.doubles.indices.filter { numbers.doubles[$0] != 0 }
      let (strides, sizes) = (numbers.shape.strides, numbers.shape.dimensions)
      let rows = sizes.indices.flatMap { dim in
        places.map { Double($0 / strides[dim] % sizes[dim]) }
      }
      return [.constant(TypedTensor(.int64, [sizes.count, places.count], rows), name: "")]
    },
  ]
}
