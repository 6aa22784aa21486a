internal import ConvNetGraph

extension ONNXOperators {
  private typealias Reduce =
    @Sendable (ONNXNodeContext, Value, _ dims: [Int], _ keepDims: Bool) -> Value

  private static func reduce(_ body: @escaping Reduce) -> Function {
    { context throws(ConvNetError) in
      let x = try context.value(0)
      var axes = try context.attributes("axes")
      if context.has(1) { axes = try context.integers(1, "axes") }
      let keeps = try context.flag("keepdims", true)
      guard var axes, !axes.isEmpty else {
        if try context.flag("noop_with_empty_axes") { return try like(context, x) }
        return try like(context, body(context, x, Array(0..<x.shape.rank), keeps))
      }
      axes = try context.dimensions(axes, rank: x.shape.rank)
      return try like(context, body(context, x, axes, keeps))
    }
  }

  private static func sum(
    _ context: ONNXNodeContext, _ x: Value, _ dims: [Int], _ keeps: Bool
  ) -> Value {
    dims.isEmpty ? x : context.apply(ReduceSumOperation(dims: dims, keepDims: keeps), x)
  }

  private static func largest(
    _ context: ONNXNodeContext, _ x: Value, _ dims: [Int], _ keeps: Bool
  ) -> Value {
    dims.isEmpty ? x : context.apply(ReduceMaxOperation(dims: dims, keepDims: keeps), x)
  }

  /// Sums, means and extremes over dimensions.
  static let reductions: [String: Function] = [
    "ReduceSum": reduce(sum),
    "ReduceMean": reduce { context, x, dims, keeps in
      // The mean over both axes of an image is global pooling, which has kernels.
      if x.shape.rank == 4, dims == [2, 3], keeps {
        return context.apply(GlobalAvgPool2dOperation(), x)
      }
      return dims.isEmpty
        ? x : context.apply(ReduceMeanOperation(dims: dims, keepDims: keeps), x)
    },
    "ReduceMax": reduce(largest),
    "ReduceMin": reduce { context, x, dims, keeps in -largest(context, -x, dims, keeps) },
    "ReduceProd": reduce { context, x, dims, keeps in
      dims.isEmpty ? x : context.apply(ReduceProdOperation(dims: dims, keepDims: keeps), x)
    },
    "ReduceL1": reduce { context, x, dims, keeps in sum(context, F.abs(x), dims, keeps) },
    "ReduceL2": reduce { context, x, dims, keeps in F.sqrt(sum(context, x * x, dims, keeps)) },
    "ReduceSumSquare": reduce { context, x, dims, keeps in sum(context, x * x, dims, keeps) },
    "ReduceLogSum": reduce { context, x, dims, keeps in F.log(sum(context, x, dims, keeps)) },
    "ReduceLogSumExp": reduce { context, x, dims, keeps in
      // The largest number is taken out, so that no power is too large.
      let kept = largest(context, x, dims, true)
      let top = largest(context, x, dims, keeps)
      return F.log(sum(context, F.exp(x - kept), dims, keeps)) + top
    },
    "ArgMax": arg { x in x },
    "ArgMin": arg { x in -x },
    "TopK": { context throws(ConvNetError) in
      let x = try context.value(0)
      let count = context.has(1) ? try context.integer(1, "count") : try context.attribute("k", 0)
      let results = context.builder.apply(
        TopKOperation(
          count: count, dim: try context.attribute("axis", -1),
          largest: try context.flag("largest", true)), [x])
      return [.value(results[0], try context.type(0)), .value(results[1], .int64)]
    },
    "CumSum": { context throws(ConvNetError) in
      try like(
        context,
        context.apply(
          CumulativeSumOperation(
            dim: try context.integer(1, "axis"), isExclusive: try context.flag("exclusive"),
            isReversed: try context.flag("reverse")), context.value(0)))
    },
  ]

  private static func arg(_ sign: @escaping @Sendable (Value) -> Value) -> Function {
    { context throws(ConvNetError) in
      let x = try context.value(0)
      let dim = try context.dimension(context.attribute("axis", 0), rank: x.shape.rank)
      let places = context.apply(
        ArgMaxOperation(
          dim: dim, keepDims: try context.flag("keepdims", true),
          selectsLast: try context.flag("select_last_index")), sign(x))
      return [.value(places, .int64)]
    }
  }
}
