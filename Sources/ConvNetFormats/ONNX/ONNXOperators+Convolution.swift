internal import ConvNetGraph

extension ONNXOperators {
  /// Convolutions and products of matrices.
  static let convolutions: [String: Function] = [
    "Conv": conv, "ConvTranspose": convTranspose, "Gemm": gemm, "MatMul": matMul,
  ]

  /// The numbers of a sliding window, along H and W; of one dimension, H is 1.
  struct Window {
    var kernel: Size2D
    var stride: Size2D
    var dilation: Size2D
    var padding: Padding2D

    /// Reads `strides`, `dilations`, `pads`, `auto_pad`.
    init(_ context: ONNXNodeContext, kernel: [Int]) throws(ConvNetError) {
      let rank = kernel.count
      func numbers(
        _ name: String, _ count: Int, _ otherwise: Int
      ) throws(ConvNetError) -> [Int] {
        let numbers = try context.attributes(name) ?? [Int](repeating: otherwise, count: count)
        guard numbers.count == count else {
          throw ConvNetError(
            .invalidData, "its attribute '\(name)' has \(numbers.count) numbers, not \(count)")
        }
        return numbers
      }
      func size(_ numbers: [Int]) -> Size2D {
        rank == 1
          ? Size2D(height: 1, width: numbers[0]) : Size2D(height: numbers[0], width: numbers[1])
      }
      guard rank == 1 || rank == 2 else {
        throw context.refuse("it slides along \(rank) dimensions, not 1 or 2")
      }
      self.kernel = size(kernel)
      stride = size(try numbers("strides", rank, 1))
      dilation = size(try numbers("dilations", rank, 1))
      switch try context.attribute("auto_pad", "NOTSET") {
      case "NOTSET":
        let pads = try numbers("pads", 2 * rank, 0)
        padding =
          rank == 1
          ? .sides(top: 0, bottom: 0, left: pads[0], right: pads[1])
          : .sides(top: pads[0], bottom: pads[2], left: pads[1], right: pads[3])
      case "VALID": padding = .sides(top: 0, bottom: 0, left: 0, right: 0)
      case "SAME_UPPER": padding = .sameUpper
      case "SAME_LOWER": padding = .sameLower
      case let other:
        throw ConvNetError(.invalidData, "its auto_pad is '\(other.escapedForDisplay)'")
      }
    }
  }

  /// An image `[B, C, L]` as `[B, C, 1, L]`.
  static func asImage(
    _ context: ONNXNodeContext, _ value: Value
  ) throws(ConvNetError) -> Value {
    let shape = value.shape
    guard shape.rank == 3 else {
      guard shape.rank == 4 else {
        throw context.refuse(
          "its input \(shape) has \(shape.rank - 2) dimensions beside the channels")
      }
      return value
    }
    return context.apply(ReshapeOperation([0, shape[1], 1, shape[2]]), value)
  }

  /// The result in the input's number of dimensions.
  static func asInput(_ context: ONNXNodeContext, _ value: Value, rank: Int) -> Value {
    let shape = value.shape
    guard rank == 3, shape.rank == 4 else { return value }
    return context.apply(ReshapeOperation([0, shape[1], shape[3]]), value)
  }

  /// The kernels as `[.., .., K_h, K_w]`.
  private static func kernels(
    _ context: ONNXNodeContext
  ) throws(ConvNetError) -> (value: Value, sizes: [Int]) {
    let shape = try context.shape(1)
    guard shape.rank == 3 || shape.rank == 4 else {
      throw context.refuse("its kernels \(shape) have \(shape.rank - 2) dimensions")
    }
    let sizes = Array(shape.dimensions.dropFirst(2))
    guard shape.rank == 3 else { return (try context.value(1, role: .trained), sizes) }
    let image: Shape = [shape[0], shape[1], 1, shape[2]]
    if let (numbers, name) = context.constant(1) {
      let tensor = try numbers.tensor.reshaped(to: image)
      return (
        context.lift(
          TypedTensor(numbers.elementType, tensor), name: name, role: .trained, form: "image"),
        sizes
      )
    }
    return (context.apply(ReshapeOperation(image.dimensions), try context.value(1)), sizes)
  }

  private static let conv: Function = { context throws(ConvNetError) in
    let x = try context.value(0)
    let (w, sizes) = try kernels(context)
    guard sizes.count == x.shape.rank - 2 else {
      throw ConvNetError(
        .invalidNetwork, "its kernels \(try context.shape(1)) do not fit its input \(x.shape)")
    }
    let window = try Window(context, kernel: sizes)
    let groups = try context.attribute("group", 1)
    if let stated = try context.attributes("kernel_shape"), stated != sizes {
      throw ConvNetError(
        .invalidNetwork, "its kernel_shape is \(stated), its kernels are \(try context.shape(1))")
    }
    let operation = Conv2dOperation(
      stride: window.stride, padding: window.padding, dilation: window.dilation, groups: groups)
    var inputs = [try asImage(context, x), w]
    if context.has(2) { inputs.append(try context.value(2, role: .trained)) }
    let y = context.builder.apply(operation, inputs)[0]
    return try like(context, asInput(context, y, rank: x.shape.rank))
  }

  private static let convTranspose: Function = { context throws(ConvNetError) in
    let x = try context.value(0)
    let (w, sizes) = try kernels(context)
    guard sizes.count == x.shape.rank - 2 else {
      throw ConvNetError(
        .invalidNetwork, "its kernels \(try context.shape(1)) do not fit its input \(x.shape)")
    }
    var window = try Window(context, kernel: sizes)
    let image = try asImage(context, x)
    let input = Size2D(height: image.shape[2], width: image.shape[3])
    func pair(_ numbers: [Int], _ one: Int) throws(ConvNetError) -> Size2D {
      guard numbers.count == sizes.count else {
        throw ConvNetError(.invalidData, "its attributes have \(numbers.count) numbers")
      }
      return numbers.count == 1
        ? Size2D(height: one, width: numbers[0])
        : Size2D(height: numbers[0], width: numbers[1])
    }
    var added = Size2D(0)
    if let numbers = try context.attributes("output_padding") { added = try pair(numbers, 0) }
    var wanted: Size2D?
    let automatic = try context.attribute("auto_pad", "NOTSET")
    if let numbers = try context.attributes("output_shape") {
      wanted = try pair(Array(numbers.suffix(sizes.count)), 1)
    } else if automatic.hasPrefix("SAME") {
      wanted = Size2D(
        height: input.height.multipliedReportingOverflow(by: window.stride.height).partialValue,
        width: input.width.multipliedReportingOverflow(by: window.stride.width).partialValue)
    }
    if let wanted {
      // The padding that cuts the full size down to the one wanted; too small a full size is added to.
      func sides(
        _ input: Int, _ stride: Int, _ dilation: Int, _ kernel: Int, _ added: Int, _ wanted: Int
      ) throws(ConvNetError) -> (before: Int, after: Int, added: Int) {
        let limit = 1 << 24
        guard [stride, dilation, kernel, added, wanted].allSatisfy({ (0...limit).contains($0) })
        else { throw ConvNetError(.invalidNetwork, "its attributes are out of range") }
        let total = (input - 1) * stride + added + (kernel - 1) * dilation + 1 - wanted
        guard total >= 0 else { return (0, 0, added - total) }
        return automatic == "SAME_UPPER"
          ? (total / 2, total - total / 2, added) : (total - total / 2, total / 2, added)
      }
      let rows = try sides(
        input.height, window.stride.height, window.dilation.height, window.kernel.height,
        added.height, wanted.height)
      let columns = try sides(
        input.width, window.stride.width, window.dilation.width, window.kernel.width,
        added.width, wanted.width)
      window.padding = .sides(
        top: rows.before, bottom: rows.after, left: columns.before, right: columns.after)
      added = Size2D(height: rows.added, width: columns.added)
    }
    let operation = ConvTranspose2dOperation(
      stride: window.stride, padding: window.padding, outputPadding: added,
      dilation: window.dilation, groups: try context.attribute("group", 1))
    var inputs = [image, w]
    if context.has(2) { inputs.append(try context.value(2, role: .trained)) }
    let y = context.builder.apply(operation, inputs)[0]
    return try like(context, asInput(context, y, rank: x.shape.rank))
  }

  // MARK: Matrices

  /// A known matrix with rows and columns exchanged.
  private static func transposed(_ constant: TypedTensor) -> TypedTensor {
    let (rows, columns) = (constant.shape[0], constant.shape[1])
    let tensor = constant.tensor
    let result = Tensor(uninitialized: [columns, rows]) { target in
      tensor.withUnsafeBufferPointer { source in
        for row in 0..<rows {
          for column in 0..<columns { target[column * rows + row] = source[row * columns + column] }
        }
      }
    }
    return TypedTensor(constant.elementType, result)
  }

  private static let gemm: Function = { context throws(ConvNetError) in
    var a = try context.value(0)
    guard a.shape.rank == 2, try context.shape(1).rank == 2 else {
      throw ConvNetError(
        .invalidNetwork, "it multiplies matrices, got \(a.shape) and \(try context.shape(1))")
    }
    if try context.flag("transA") { a = context.apply(TransposeOperation([1, 0]), a) }
    let (alpha, beta) = (
      try context.attribute("alpha", Float(1)), try context.attribute("beta", Float(1))
    )
    let isTransposed = try context.flag("transB")
    let w: Value
    if let (numbers, name) = context.constant(1), !context.folds {
      w = context.lift(
        isTransposed ? numbers : transposed(numbers), name: name, role: .trained,
        form: isTransposed ? "" : "transposed")
    } else {
      let b = try context.value(1)
      w = isTransposed ? b : context.apply(TransposeOperation([1, 0]), b)
    }
    if alpha == 1, beta == 1, context.has(2), try context.shape(2) == [w.shape[0]] {
      return try like(
        context, context.apply(LinearOperation(), a, w, context.value(2, role: .trained)))
    }
    var y = context.apply(LinearOperation(), a, w)
    if alpha != 1 { y = y * alpha }
    if context.has(2) {
      let c = try context.value(2)
      y = y + (beta == 1 ? c : c * beta)
    }
    return try like(context, y)
  }

  private static let matMul: Function = { context throws(ConvNetError) in
    // A known matrix on the right is a linear layer.
    if !context.folds, let (numbers, name) = context.constant(1), numbers.shape.rank == 2,
      try context.shape(0).rank >= 1
    {
      let w = context.lift(transposed(numbers), name: name, role: .trained, form: "transposed")
      return try like(context, context.apply(LinearOperation(), context.value(0), w))
    }
    return try like(
      context,
      context.apply(MatMulOperation(), context.value(0), context.value(1)))
  }
}
