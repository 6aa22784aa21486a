internal import ConvNetGraph

extension ONNXOperators {
  /// Normalisations and dropout.
  static let normalisations: [String: Function] = [
    "BatchNormalization": batchNormalization,
    "InstanceNormalization": { context throws(ConvNetError) in
      let x = try context.value(0)
      guard x.shape.rank >= 2 else { throw context.refuse("its input \(x.shape) has no channels") }
      return try like(
        context,
        context.apply(
          GroupNormOperation(
            groups: x.shape[1], epsilon: try context.attribute("epsilon", Float(1e-5))), x,
          context.value(1, role: .trained), context.value(2, role: .trained)))
    },
    "GroupNormalization": groupNormalization,
    "LayerNormalization": layerNormalization,
    "RMSNormalization": { context throws(ConvNetError) in
      let x = try context.value(0)
      let axis = try context.dimension(context.attribute("axis", -1), rank: x.shape.rank)
      let mean = context.apply(
        ReduceMeanOperation(dims: Array(axis..<x.shape.rank), keepDims: true), x * x)
      let inverse = F.pow(mean + (try context.attribute("epsilon", Float(1e-5))), -0.5)
      return try like(context, x * inverse * context.value(1, role: .trained))
    },
    "LRN": { context throws(ConvNetError) in
      let size = try context.attribute("size", 0)
      guard size % 2 == 1 else { throw context.refuse("it looks at an even number of channels") }
      return try like(
        context,
        context.apply(
          LocalResponseNormOperation(
            size: size, alpha: try context.attribute("alpha", Float(1e-4)),
            beta: try context.attribute("beta", Float(0.75)),
            k: try context.attribute("bias", Float(1))), context.value(0)))
    },
    "MeanVarianceNormalization": { context throws(ConvNetError) in
      let x = try context.value(0)
      let axes = try context.dimensions(
        context.attributes("axes") ?? [0, 2, 3], rank: x.shape.rank)
      let centred = x - context.apply(ReduceMeanOperation(dims: axes, keepDims: true), x)
      let variance = context.apply(
        ReduceMeanOperation(dims: axes, keepDims: true), centred * centred)
      return try like(context, centred / (F.sqrt(variance) + 1e-9))
    },
    "LpNormalization": { context throws(ConvNetError) in
      let x = try context.value(0)
      let axis = try context.dimension(context.attribute("axis", -1), rank: x.shape.rank)
      let sum = ReduceSumOperation(dims: [axis], keepDims: true)
      return try like(
        context,
        try context.attribute("p", 2) == 1
          ? x / context.apply(sum, F.abs(x)) : x / F.sqrt(context.apply(sum, x * x)))
    },
    "Dropout": dropout,
  ]

  private static let batchNormalization: Function = { context throws(ConvNetError) in
    let x = try context.value(0)
    let shape = x.shape
    guard shape.rank >= 2 else { throw context.refuse("its input \(shape) has no channels") }
    let epsilon = try context.attribute("epsilon", Float(1e-5))
    let momentum = try context.attribute("momentum", Float(0.9))
    let (scale, bias) = (
      try context.value(1, role: .trained), try context.value(2, role: .trained)
    )
    guard try !context.flag("training_mode") else {
      return try trainedBatchNormalization(context, x, scale, bias, epsilon, momentum)
    }
    let (mean, variance) = (
      try context.value(3, role: .tracked), try context.value(4, role: .tracked)
    )
    let image =
      shape.rank == 4
      ? x
      : context.apply(
        ReshapeOperation([0, shape[1], 1, shape.dimensions.dropFirst(2).reduce(1, *)]), x)
    let operation = BatchNorm2dOperation(epsilon: epsilon, momentum: 1 - momentum)
    let y = context.apply(operation, image, scale, bias, mean, variance)
    return try like(context, shape.rank == 4 ? y : context.reshape(y, shape))
  }

  /// As a node of a graph that trains: statistics of the batch, and new running ones.
  private static func trainedBatchNormalization(
    _ context: ONNXNodeContext, _ x: Value, _ scale: Value, _ bias: Value, _ epsilon: Float,
    _ momentum: Float
  ) throws(ConvNetError) -> [ONNXOperand] {
    let axes = [0] + Array(2..<x.shape.rank)
    let channels = [1, -1] + [Int](repeating: 1, count: x.shape.rank - 2)
    func perChannel(_ value: Value) -> Value { context.apply(ReshapeOperation(channels), value) }
    let mean = context.apply(ReduceMeanOperation(dims: axes, keepDims: true), x)
    let centred = x - mean
    let variance = context.apply(ReduceMeanOperation(dims: axes, keepDims: true), centred * centred)
    let y = centred / F.sqrt(variance + epsilon) * perChannel(scale) + perChannel(bias)
    func running(_ input: Int, _ batch: Value) throws(ConvNetError) -> Value {
      try context.value(input) * momentum
        + context.apply(ReshapeOperation([-1]), batch) * (1 - momentum)
    }
    let type = try context.type(0)
    return [
      .value(y, type), .value(try running(3, mean), type), .value(try running(4, variance), type),
    ]
  }

  /// Until version 20 scale and bias were per group, since then per channel.
  private static let groupNormalization: Function = { context throws(ConvNetError) in
    let x = try context.value(0)
    guard x.shape.rank >= 2 else { throw context.refuse("its input \(x.shape) has no channels") }
    let groups = try context.attribute("num_groups", 1)
    let operation = GroupNormOperation(
      groups: groups, epsilon: try context.attribute("epsilon", Float(1e-5)))
    if try context.shape(1) == [x.shape[1]] {
      return try like(
        context,
        context.apply(
          operation, x, context.value(1, role: .trained), context.value(2, role: .trained)))
    }
    guard groups >= 1, x.shape[1] % groups == 0 else {
      throw ConvNetError(
        .invalidNetwork, "it cannot cut \(x.shape[1]) channels into \(groups) groups")
    }
    let plain = [Int](repeating: 1, count: x.shape.rank - 2)
    func perChannel(_ value: Value) -> Value {
      let pairs = context.apply(
        ExpandOperation([groups, x.shape[1] / groups]),
        context.apply(ReshapeOperation([groups, 1]), value))
      return context.apply(ReshapeOperation([1, x.shape[1]] + plain), pairs)
    }
    let y = context.apply(operation, x)
    return try like(
      context,
      y * perChannel(context.value(1, role: .trained))
        + perChannel(context.value(2, role: .trained)))
  }

  private static let layerNormalization: Function = { context throws(ConvNetError) in
    let x = try context.value(0)
    let axis = try context.dimension(context.attribute("axis", -1), rank: x.shape.rank)
    let dims = Array(axis..<x.shape.rank)
    let mean = context.apply(ReduceMeanOperation(dims: dims, keepDims: true), x)
    let centred = x - mean
    let variance = context.apply(ReduceMeanOperation(dims: dims, keepDims: true), centred * centred)
    let inverse = F.pow(variance + (try context.attribute("epsilon", Float(1e-5))), -0.5)
    var y = centred * inverse * (try context.value(1, role: .trained))
    if context.has(2) { y = y + (try context.value(2, role: .trained)) }
    return [.value(y, try context.type(0)), .value(mean, .float32), .value(inverse, .float32)]
  }

  private static let dropout: Function = { context throws(ConvNetError) in
    let x = try context.value(0)
    var ratio = try context.attribute("ratio", Float(0.5))
    if context.has(1), let number = try context.known(1, "ratio").doubles.first {
      ratio = Float(number)
    }
    if context.has(2), try context.integer(2, "training mode") != 0, ratio != 0 {
      throw context.refuse("it drops numbers also when nothing is trained")
    }
    let mask = ONNXOperand.constant(
      TypedTensor(.bool, Tensor(x.shape.count <= 1 << 24 ? x.shape : [0], repeating: 1)), name: "")
    let y = context.folds ? x : context.apply(DropoutOperation(probability: ratio), x)
    return try like(context, y) + (context.node.outputs.count > 1 ? [mask] : [])
  }
}
