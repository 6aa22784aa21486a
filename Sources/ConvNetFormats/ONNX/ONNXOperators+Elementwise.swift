internal import ConvNetGraph

extension ONNXOperators {
  /// A function of each number alone.
  private static func each(
    _ function: @escaping @Sendable (ONNXNodeContext, Value) throws(ConvNetError) -> Value
  ) -> Function {
    { context throws(ConvNetError) in
      try like(context, try function(context, context.value(0)))
    }
  }

  private static func math(_ function: FunctionOperation.Function) -> Function {
    each { context, x in context.apply(FunctionOperation(function), x) }
  }

  /// Activations and other functions of each number.
  static let activations: [String: Function] = [
    "Relu": each { _, x in F.relu(x) },
    "Sigmoid": each { _, x in F.sigmoid(x) },
    "Tanh": each { _, x in F.tanh(x) },
    "HardSwish": each { _, x in F.hardswish(x) },
    "Softsign": each { _, x in x / (F.abs(x) + 1) },
    "Softplus": each { _, x in F.softplus(x, threshold: Float.greatestFiniteMagnitude) },
    "Mish": each { _, x in
      x * F.tanh(F.softplus(x, threshold: Float.greatestFiniteMagnitude))
    },
    "LeakyRelu": each { context, x throws(ConvNetError) in
      F.leakyReLU(x, negativeSlope: try context.attribute("alpha", Float(0.01)))
    },
    "Elu": each { context, x throws(ConvNetError) in
      F.elu(x, alpha: try context.attribute("alpha", Float(1)))
    },
    "Celu": each { context, x throws(ConvNetError) in
      let alpha = try context.attribute("alpha", Float(1))
      return F.elu(x / alpha) * alpha
    },
    "Selu": each { context, x throws(ConvNetError) in
      let alpha = try context.attribute("alpha", Float(1.67326319217681884765625))
      return F.elu(x, alpha: alpha)
        * (try context.attribute("gamma", Float(1.05070102214813232421875)))
    },
    "ThresholdedRelu": each { context, x throws(ConvNetError) in
      let alpha = try context.attribute("alpha", Float(1))
      return x * context.apply(CompareOperation(.greater), x, context.numbers([], [Double(alpha)]))
    },
    "Shrink": each { context, x throws(ConvNetError) in
      let bias = try context.attribute("bias", Float(0))
      let lambda = Double(try context.attribute("lambd", Float(0.5)))
      let above = context.apply(CompareOperation(.greater), x, context.numbers([], [lambda]))
      let below = context.apply(CompareOperation(.less), x, context.numbers([], [-lambda]))
      return above * (x - bias) + below * (x + bias)
    },
    "HardSigmoid": each { context, x throws(ConvNetError) in
      let alpha = try context.attribute("alpha", Float(0.2))
      let beta = try context.attribute("beta", Float(0.5))
      if beta == 0.5, abs(alpha - 1 / 6) < 1e-6 { return F.hardsigmoid(x) }
      return F.clip(x * alpha + beta, minimum: 0, maximum: 1)
    },
    "Gelu": each { context, x throws(ConvNetError) in
      F.gelu(x, approximate: try context.attribute("approximate", "none") == "tanh" ? .tanh : .none)
    },
    "PRelu": { context throws(ConvNetError) in
      let x = try context.value(0)
      let slope = try context.shape(1)
      // One slope per channel stands as [C, 1, 1].
      let isPlain = slope.dimensions.dropFirst().allSatisfy { $0 == 1 }
      let places = slope.rank == x.shape.rank ? slope.dimensions.dropFirst() : slope.dimensions[...]
      let isChannel =
        x.shape.rank >= 2 && places.count == x.shape.rank - 1
        && places.dropFirst().allSatisfy({ $0 == 1 }) && places.first == x.shape[1]
        && (slope.rank < x.shape.rank || slope[0] == 1)
      if slope.count == 1 || (isChannel && (isPlain || slope.rank == x.shape.rank)) {
        let shape: Shape = [slope.count]
        if let (numbers, name) = context.constant(1) {
          let flat = TypedTensor(numbers.elementType, try numbers.tensor.reshaped(to: shape))
          return try like(
            context,
            context.apply(
              PReLUOperation(), x, context.lift(flat, name: name, role: .trained, form: "flat")))
        }
        return try like(
          context,
          context.apply(
            PReLUOperation(), x,
            context.apply(ReshapeOperation(shape.dimensions), context.value(1))))
      }
      return try like(context, F.relu(x) - F.relu(-x) * context.value(1, role: .trained))
    },
    "Softmax": softmax { dim in SoftmaxOperation(dim: dim) },
    "LogSoftmax": softmax { dim in LogSoftmaxOperation(dim: dim) },
    "Hardmax": { context throws(ConvNetError) in
      guard try context.shape(0).count <= 1 << 22 else {
        throw context.refuse("its input \(try context.shape(0)) is too large")
      }
      return try alongAxis(context) { x, dim in
        let places = context.apply(ArgMaxOperation(dim: dim, keepDims: true), x)
        let size = x.shape[dim]
        var sizes = [Int](repeating: 1, count: x.shape.rank)
        sizes[dim] = size
        let all = context.numbers(Shape(sizes), (0..<size).map(Double.init))
        return context.apply(CompareOperation(.equal), all, places)
      }
    },
    "Clip": { context throws(ConvNetError) in
      let x = try context.value(0)
      func bound(_ input: Int, _ name: String) throws(ConvNetError) -> Float? {
        if context.hasAttribute(name) { return try context.attribute(name, Float(0)) }
        guard context.has(input) else { return nil }
        let numbers = try context.known(input, name)
        return numbers.doubles.first.map { Float($0) }
      }
      let largest = Float.greatestFiniteMagnitude
      let (low, high) = (
        max(try bound(1, "min") ?? -largest, -largest), min(try bound(2, "max") ?? largest, largest)
      )
      // As ONNX says: where the ends are exchanged, the upper one wins.
      return try like(context, F.clip(x, minimum: min(low, high), maximum: high))
    },
  ]

  private static func softmax(
    _ operation: @escaping @Sendable (Int) -> some Operation
  ) -> Function {
    { context throws(ConvNetError) in
      try alongAxis(context) { x, dim in context.apply(operation(dim), x) }
    }
  }

  /// Something along `axis`: before version 13 along all dimensions from there on, taken as one.
  private static func alongAxis(
    _ context: ONNXNodeContext, _ body: (Value, Int) -> Value
  ) throws(ConvNetError) -> [ONNXOperand] {
    let x = try context.value(0)
    let rank = x.shape.rank
    let axis = try context.dimension(
      context.attribute("axis", context.opset < 13 ? 1 : -1), rank: rank)
    guard rank > 0 else { throw context.refuse("its input is a single number") }
    guard context.opset < 13, axis != rank - 1 else { return try like(context, body(x, axis)) }
    let flat = context.apply(FlattenOperation(startDim: axis), x)
    return try like(context, context.reshape(body(flat, axis), x.shape))
  }

  // MARK: Arithmetic

  private typealias Binary = @Sendable (ONNXNodeContext, Value, Value) throws(ConvNetError) -> Value

  private static func pair(_ function: @escaping Binary) -> Function {
    { context throws(ConvNetError) in
      try like(context, try function(context, context.value(0), context.value(1)))
    }
  }

  /// All inputs combined one after the other.
  private static func fold(_ function: @escaping Binary) -> Function {
    { context throws(ConvNetError) in
      var result = try context.value(0)
      for input in 1..<max(context.inputCount, 1) {
        result = try function(context, result, context.value(input))
      }
      return try like(context, result)
    }
  }

  /// A single known number beside a value that keeps its shape: an operation with an attribute.
  private static func scalar(_ context: ONNXNodeContext, _ input: Int) throws(ConvNetError)
    -> Float?
  {
    guard !context.folds, let (numbers, _) = context.constant(input), numbers.shape.count == 1,
      numbers.shape.rank <= (try context.shape(1 - input).rank)
    else { return nil }
    return numbers.doubles.first.map { Float($0) }
  }

  /// Sums and products: small operands that a file names are biases and scales of layers.
  private static func arithmetic(
    _ plain: @escaping Binary,
    number: @escaping @Sendable (Value, Float) -> Value,
    numberFirst: @escaping @Sendable (Float, Value) -> Value
  ) -> Function {
    { context throws(ConvNetError) in
      let isWhole = try context.type(0).isInteger
      if !isWhole, let right = try scalar(context, 1) {
        return try like(context, number(try context.value(0), right))
      }
      if !isWhole, let left = try scalar(context, 0) {
        return [.value(numberFirst(left, try context.value(1)), try context.type(1))]
      }
      return try like(context, try plain(context, context.value(0), context.value(1)))
    }
  }

  /// Arithmetic and mathematical functions.
  static let arithmetic: [String: Function] = [
    "Add": arithmetic({ _, a, b in a + b }, number: { $0 + $1 }, numberFirst: { $0 + $1 }),
    "Sub": arithmetic({ _, a, b in a - b }, number: { $0 - $1 }, numberFirst: { $0 - $1 }),
    "Mul": arithmetic({ _, a, b in a * b }, number: { $0 * $1 }, numberFirst: { $0 * $1 }),
    "Div": arithmetic(
      { context, a, b throws(ConvNetError) in
        try context.type(0).isInteger
          ? context.apply(FunctionOperation(.truncate), a / b) : a / b
      }, number: { $0 / $1 }, numberFirst: { $0 / $1 }),
    "Pow": { context throws(ConvNetError) in
      let x = try context.value(0)
      let isWhole = try context.type(0).isInteger
      let y: Value
      if let exponent = try scalar(context, 1) {
        y = exponent == 2 ? x * x : exponent == 0.5 ? F.sqrt(x) : F.pow(x, exponent)
      } else {
        y = context.apply(PowerOperation(), x, try context.value(1))
      }
      return try like(context, isWhole ? context.apply(FunctionOperation(.truncate), y) : y)
    },
    "Mod": pair { context, a, b throws(ConvNetError) in
      let rounding: FunctionOperation.Function = try context.flag("fmod") ? .truncate : .floor
      return a - context.apply(FunctionOperation(rounding), a / b) * b
    },
    "BitShift": pair { context, a, b throws(ConvNetError) in
      let power = context.apply(PowerOperation(), context.numbers([], [2]), b)
      return try context.attribute("direction", "") == "LEFT"
        ? a * power : context.apply(FunctionOperation(.floor), a / power)
    },
    "Max": fold { context, a, b in context.apply(MaximumOperation(), a, b) },
    "Min": fold { context, a, b in context.apply(MinimumOperation(), a, b) },
    "Sum": fold { _, a, b in a + b },
    "Mean": { context throws(ConvNetError) in
      var sum = try context.value(0)
      for input in 1..<max(context.inputCount, 1) { sum = sum + (try context.value(input)) }
      return try like(context, sum / Float(max(context.inputCount, 1)))
    },
    "Neg": each { _, x in -x }, "Abs": each { _, x in F.abs(x) },
    "Exp": each { _, x in F.exp(x) }, "Log": each { _, x in F.log(x) },
    "Sqrt": each { _, x in F.sqrt(x) }, "Erf": each { _, x in F.erf(x) },
    "Reciprocal": each { _, x in F.pow(x, -1) },
    "Identity": { context throws(ConvNetError) in [try context.any(0)] },
    "Sin": math(.sin), "Cos": math(.cos), "Tan": math(.tan), "Asin": math(.asin),
    "Acos": math(.acos), "Atan": math(.atan), "Sinh": math(.sinh), "Cosh": math(.cosh),
    "Asinh": math(.asinh), "Acosh": math(.acosh), "Atanh": math(.atanh), "Floor": math(.floor),
    "Ceil": math(.ceil), "Round": math(.round), "Sign": math(.sign),
    "Cast": { context throws(ConvNetError) in
      guard let type = ONNXTensorReader.elementType(try context.attribute("to", 1)) else {
        throw context.refuse("it makes something that is no number")
      }
      return try cast(context, to: type)
    },
    "CastLike": { context throws(ConvNetError) in try cast(context, to: context.type(1)) },
  ]

  private static func cast(
    _ context: ONNXNodeContext, to type: ElementType
  ) throws(ConvNetError) -> [ONNXOperand] {
    let from = try context.type(0)
    let x = try context.value(0)
    switch type {
    case .bool:
      guard from != .bool else { return [try context.any(0)] }
      let isZero = context.apply(CompareOperation(.equal), x, context.numbers([], [0]))
      return [.value(1 - isZero, type)]
    case .float16 where from != .float16:
      return [.value(context.apply(FunctionOperation(.float16), x), type)]
    case .bfloat16 where from != .bfloat16:
      return [.value(context.apply(FunctionOperation(.bfloat16), x), type)]
    default:
      if type.isInteger, !from.isInteger, from != .bool {
        return [.value(context.apply(FunctionOperation(.truncate), x), type)]
      }
      return [.value(x, type)]
    }
  }

  // MARK: Comparisons

  private static func compare(_ relation: CompareOperation.Relation) -> Function {
    { context throws(ConvNetError) in
      [
        .value(
          context.apply(CompareOperation(relation), try context.value(0), try context.value(1)),
          .bool)
      ]
    }
  }

  private static func truth(_ function: @escaping Binary) -> Function {
    { context throws(ConvNetError) in
      [.value(try function(context, context.value(0), context.value(1)), .bool)]
    }
  }

  /// Comparisons and logic; truth values are 0 and 1.
  static let comparisons: [String: Function] = [
    "Equal": compare(.equal), "Greater": compare(.greater), "Less": compare(.less),
    "GreaterOrEqual": compare(.greaterOrEqual), "LessOrEqual": compare(.lessOrEqual),
    "And": truth { _, a, b in a * b },
    "Or": truth { context, a, b in context.apply(MaximumOperation(), a, b) },
    "Xor": truth { context, a, b in 1 - context.apply(CompareOperation(.equal), a, b) },
    "Not": { context throws(ConvNetError) in [.value(1 - (try context.value(0)), .bool)] },
    "IsNaN": { context throws(ConvNetError) in
      [.value(context.apply(FunctionOperation(.isNaN), try context.value(0)), .bool)]
    },
    "IsInf": { context throws(ConvNetError) in
      let x = try context.value(0)
      let (above, below) = (
        try context.flag("detect_positive", true), try context.flag("detect_negative", true)
      )
      let up = context.apply(FunctionOperation(.isPositiveInfinity), x)
      let down = context.apply(FunctionOperation(.isNegativeInfinity), x)
      let found = above && below ? up + down : above ? up : below ? down : up * 0
      return [.value(found, .bool)]
    },
    "Where": { context throws(ConvNetError) in
      [
        .value(
          context.apply(
            WhereOperation(), try context.value(0), try context.value(1), try context.value(2)),
          try context.type(1))
      ]
    },
  ]
}
