internal import ConvNetGraph

extension ONNXOperators {
  /// Pooling.
  static let pooling: [String: Function] = [
    "MaxPool": maxPool, "AveragePool": averagePool, "LpPool": lpPool,
    "GlobalAveragePool": { context throws(ConvNetError) in
      let x = try context.value(0)
      return try like(
        context,
        x.shape.rank == 4
          ? context.apply(GlobalAvgPool2dOperation(), x)
          : context.apply(
            ReduceMeanOperation(dims: Array(2..<max(x.shape.rank, 2)), keepDims: true), x))
    },
    "GlobalMaxPool": { context throws(ConvNetError) in
      let x = try context.value(0)
      return try like(
        context,
        x.shape.rank == 4
          ? context.apply(GlobalMaxPool2dOperation(), x)
          : context.apply(
            ReduceMaxOperation(dims: Array(2..<max(x.shape.rank, 2)), keepDims: true), x))
    },
    "GlobalLpPool": { context throws(ConvNetError) in
      let x = try context.value(0)
      let p = Float(try context.attribute("p", 2))
      let powers = F.pow(F.abs(x), p)
      let sum = context.apply(
        ReduceSumOperation(dims: Array(2..<max(x.shape.rank, 2)), keepDims: true), powers)
      return try like(context, F.pow(sum, 1 / p))
    },
    "MaxUnpool": maxUnpool,
  ]

  private static func kernel(_ context: ONNXNodeContext) throws(ConvNetError) -> [Int] {
    guard let kernel = try context.attributes("kernel_shape"), !kernel.isEmpty else {
      throw ConvNetError(.invalidData, "its attribute 'kernel_shape' is missing")
    }
    guard try context.shape(0).rank == kernel.count + 2 else {
      throw ConvNetError(
        .invalidNetwork, "its kernel_shape \(kernel) does not fit its input \(try context.shape(0))"
      )
    }
    return kernel
  }

  /// The image with the window's padding made of cells, where it is more than half a window, which
  /// the pooling operations refuse.
  private static func padded(
    _ context: ONNXNodeContext, _ x: Value, _ window: inout Window, _ filling: Float
  ) throws(ConvNetError) -> Value {
    let sliding = SlidingWindow(
      kernel: window.kernel, stride: window.stride, padding: window.padding,
      dilation: window.dilation)
    // Checks the numbers.
    _ = try sliding.outputSize(of: Size2D(height: x.shape[2], width: x.shape[3]))
    let sides = sliding.sides(for: Size2D(height: x.shape[2], width: x.shape[3]))
    let reach = Size2D(
      height: window.dilation.height * (window.kernel.height - 1) + 1,
      width: window.dilation.width * (window.kernel.width - 1) + 1)
    guard
      2 * max(sides.top, sides.bottom) > reach.height
        || 2 * max(sides.left, sides.right) > reach.width
    else { return x }
    window.padding = .sides(top: 0, bottom: 0, left: 0, right: 0)
    return context.apply(PadOperation(sides, value: filling), x)
  }

  private static let maxPool: Function = { context throws(ConvNetError) in
    let input = try context.value(0)
    var window = try Window(context, kernel: kernel(context))
    let wantsIndices = context.node.outputs.count > 1 && !context.node.outputs[1].isEmpty
    let image = try asImage(context, input)
    let x =
      wantsIndices
      ? image : try padded(context, image, &window, -Float.greatestFiniteMagnitude)
    let operation = MaxPool2dOperation(
      kernelSize: window.kernel, stride: window.stride, padding: window.padding,
      dilation: window.dilation, ceilMode: try context.flag("ceil_mode"))
    let results = context.builder.apply(operation, [x])
    let y = asInput(context, results[0], rank: input.shape.rank)
    guard wantsIndices else { return try like(context, y) }
    // ONNX counts through the whole batch, the operation through one plane.
    let (height, width) = (x.shape[2], x.shape[3])
    let planes = x.shape[0] * x.shape[1]
    guard planes <= 1 << 20 else { throw context.refuse("it has indices in \(planes) planes") }
    var places = results[1]
    if try context.flag("storage_order") {
      let rows = context.apply(FunctionOperation(.floor), places / Float(max(width, 1)))
      places = (places - rows * Float(width)) * Float(height) + rows
    }
    let starts = context.numbers(
      [x.shape[0], x.shape[1], 1, 1], (0..<planes).map { Double($0 * height * width) })
    return [
      .value(y, try context.type(0)),
      .value(asInput(context, places + starts, rank: input.shape.rank), .int64),
    ]
  }

  private static func average(
    _ context: ONNXNodeContext, _ x: Value, countsPadding: Bool
  ) throws(ConvNetError) -> Value {
    var window = try Window(context, kernel: kernel(context))
    guard window.dilation == Size2D(1) else {
      throw context.refuse("it takes the mean of cells that are not neighbours")
    }
    let plain = try asImage(context, x)
    let before = window.padding
    let image = try padded(context, plain, &window, 0)
    let isPadded = window.padding != before
    let operation = AvgPool2dOperation(
      kernelSize: window.kernel, stride: window.stride, padding: window.padding,
      ceilMode: try context.flag("ceil_mode"), countIncludePad: countsPadding || isPadded)
    var mean = context.apply(operation, image)
    if isPadded, !countsPadding {
      // Padding was made of cells: the share of real ones under each window is taken out again.
      let (height, width) = (plain.shape[2], plain.shape[3])
      guard height * width <= 1 << 22 else { throw context.refuse("its padding is too large") }
      let ones = context.numbers(
        [1, 1, height, width], [Double](repeating: 1, count: height * width))
      var again = window
      again.padding = before
      mean = mean / context.apply(operation, try padded(context, ones, &again, 0))
    }
    return asInput(context, mean, rank: x.shape.rank)
  }

  private static let averagePool: Function = { context throws(ConvNetError) in
    try like(
      context,
      try average(
        context, context.value(0), countsPadding: context.flag("count_include_pad")))
  }

  /// The mean of the powers times their number is their sum.
  private static let lpPool: Function = { context throws(ConvNetError) in
    let p = Float(try context.attribute("p", 2))
    let powers = F.pow(F.abs(try context.value(0)), p)
    let mean = try average(context, powers, countsPadding: true)
    let count = try kernel(context).reduce(1) {
      $0.multipliedReportingOverflow(by: $1).partialValue
    }
    return try like(context, F.pow(mean * Float(count), 1 / p))
  }

  /// Every number goes to the place that its pooling read it from.
  private static let maxUnpool: Function = { context throws(ConvNetError) in
    let x = try context.value(0)
    let shape: Shape
    if context.has(2) {
      shape = try Shape(validating: try context.integers(2, "output shape"))
    } else {
      let window = try Window(context, kernel: kernel(context))
      guard x.shape.rank == 4,
        case .sides(let top, let bottom, let left, let right) = window.padding
      else { throw context.refuse("it is no image with plain padding") }
      let limit = 1 << 24
      guard
        [
          top, bottom, left, right, window.stride.height, window.stride.width,
          window.kernel.height, window.kernel.width,
        ].allSatisfy({ (0...limit).contains($0) })
      else { throw ConvNetError(.invalidNetwork, "its attributes are out of range") }
      shape = try Shape(validating: [
        x.shape[0], x.shape[1],
        (x.shape[2] - 1) * window.stride.height + window.kernel.height - top - bottom,
        (x.shape[3] - 1) * window.stride.width + window.kernel.width - left - right,
      ])
    }
    guard shape.count <= 1 << 22 else { throw context.refuse("its output \(shape) is too large") }
    let zeros = context.numbers([shape.count], [Double](repeating: 0, count: shape.count))
    let filled = context.apply(
      ScatterElementsOperation(dim: 0), zeros,
      context.apply(ReshapeOperation([-1]), try context.value(1)),
      context.apply(ReshapeOperation([-1]), x))
    return try like(context, context.apply(ReshapeOperation(shape.dimensions), filled))
  }
}
