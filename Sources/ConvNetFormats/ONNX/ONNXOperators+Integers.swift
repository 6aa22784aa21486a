internal import ConvNetGraph

extension ONNXOperators {
  /// Networks of whole numbers, computed with the same whole numbers in Float32 (exact up to 2^24).
  static let integers: [String: Function] = [
    "QuantizeLinear": { context throws(ConvNetError) in
      let x = try context.value(0)
      let type = context.has(2) ? try context.type(2) : .uint8
      let scaled = x / (try perChannel(context, 1, of: x))
      return [
        .value(
          try saturated(
            context, scaled, zero: context.has(2) ? perChannel(context, 2, of: x) : nil, type),
          type)
      ]
    },
    "DequantizeLinear": { context throws(ConvNetError) in
      let x = try context.value(0)
      let centred = context.has(2) ? x - (try perChannel(context, 2, of: x)) : x
      return [
        .value(centred * (try perChannel(context, 1, of: x)), try context.type(1))
      ]
    },
    "DynamicQuantizeLinear": { context throws(ConvNetError) in
      let x = try context.value(0)
      let high = context.apply(ReduceMaxOperation(), F.relu(x))
      let low = -context.apply(ReduceMaxOperation(), F.relu(-x))
      let scale = (high - low) / 255
      let zero = F.clip(
        context.apply(FunctionOperation(.round), -low / scale), minimum: 0, maximum: 255)
      let y = try saturated(context, x / scale, zero: zero, .uint8)
      return [.value(y, .uint8), .value(scale, .float32), .value(zero, .uint8)]
    },
    "MatMulInteger": { context throws(ConvNetError) in
      let a = try centred(context, 0, zero: 2, rows: true)
      let b = try centred(context, 1, zero: 3, rows: false)
      return [.value(context.apply(MatMulOperation(), a, b), .int32)]
    },
    "QLinearMatMul": { context throws(ConvNetError) in
      let a = try centred(context, 0, zero: 2, rows: true) * (try context.value(1))
      let b = try centred(context, 3, zero: 5, rows: false) * (try context.value(4))
      let y = context.apply(MatMulOperation(), a, b) / (try context.value(6))
      let type = try context.type(7)
      return [.value(try saturated(context, y, zero: context.value(7), type), type)]
    },
    "ConvInteger": { context throws(ConvNetError) in
      let x = context.has(2) ? try context.value(0) - context.value(2) : try context.value(0)
      let w = try kernels(context, 1, zero: 3)
      return [.value(try convolution(context, x, w), .int32)]
    },
    "QLinearConv": { context throws(ConvNetError) in
      let x = try (context.value(0) - context.value(2)) * context.value(1)
      let scales = try channelColumn(context, 4)
      let w = try kernels(context, 3, zero: 5) * scales
      var y = try convolution(context, x, w)
      if context.has(8) {
        let bias = try channelColumn(context, 8)
        let column = context.apply(ReshapeOperation([1, -1, 1, 1]), bias)
        let factors = context.apply(ReshapeOperation([1, -1, 1, 1]), scales)
        y = y + column * factors * (try context.value(1))
      }
      let type = try context.type(7)
      return [
        .value(try saturated(context, y / context.value(6), zero: context.value(7), type), type)
      ]
    },
  ]

  /// Rounded, moved by the zero point, and kept inside the type's range.
  private static func saturated(
    _ context: ONNXNodeContext, _ value: Value, zero: Value?, _ type: ElementType
  ) throws(ConvNetError) -> Value {
    let rounded = context.apply(FunctionOperation(.round), value)
    let moved = zero.map { rounded + $0 } ?? rounded
    switch type {
    case .uint8: return F.clip(moved, minimum: 0, maximum: 255)
    case .int8: return F.clip(moved, minimum: -128, maximum: 127)
    case .uint16: return F.clip(moved, minimum: 0, maximum: 65535)
    case .int16: return F.clip(moved, minimum: -32768, maximum: 32767)
    default: throw context.refuse("it makes numbers of type \(type.rawValue)")
    }
  }

  /// A factor per channel brought to where the channels are.
  private static func perChannel(
    _ context: ONNXNodeContext, _ input: Int, of x: Value
  ) throws(ConvNetError) -> Value {
    let value = try context.value(input)
    guard value.shape.rank == 1, value.shape[0] != 1 || x.shape.rank == 1 else { return value }
    let axis = try context.dimension(context.attribute("axis", 1), rank: x.shape.rank)
    guard x.shape.rank > 0, value.shape[0] == x.shape[axis] else { return value }
    var sizes = [Int](repeating: 1, count: x.shape.rank)
    sizes[axis] = value.shape[0]
    return context.apply(ReshapeOperation(sizes), value)
  }

  /// A matrix without its zero point: one for all, or one per row on the left, per column on the right.
  private static func centred(
    _ context: ONNXNodeContext, _ input: Int, zero: Int, rows: Bool
  ) throws(ConvNetError) -> Value {
    let x = try context.value(input)
    guard context.has(zero) else { return x }
    let point = try context.value(zero)
    guard rows, point.shape.rank == 1, point.shape[0] > 1 else { return x - point }
    return x - context.apply(ReshapeOperation([point.shape[0], 1]), point)
  }

  private static func channelColumn(
    _ context: ONNXNodeContext, _ input: Int
  ) throws(ConvNetError) -> Value {
    let value = try context.value(input)
    return value.shape.rank == 0 ? value : context.apply(ReshapeOperation([-1, 1, 1, 1]), value)
  }

  private static func kernels(
    _ context: ONNXNodeContext, _ input: Int, zero: Int
  ) throws(ConvNetError) -> Value {
    let w = try context.value(input)
    return context.has(zero) ? w - (try channelColumn(context, zero)) : w
  }

  private static func convolution(
    _ context: ONNXNodeContext, _ x: Value, _ w: Value
  ) throws(ConvNetError) -> Value {
    guard w.shape.rank == 4 else { throw context.refuse("its kernels are \(w.shape)") }
    let window = try Window(context, kernel: Array(w.shape.dimensions.dropFirst(2)))
    return context.apply(
      Conv2dOperation(
        stride: window.stride, padding: window.padding, dilation: window.dilation,
        groups: try context.attribute("group", 1)), x, w)
  }
}
