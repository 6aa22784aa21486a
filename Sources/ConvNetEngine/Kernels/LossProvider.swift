internal import CConvNetKernels
internal import ConvNetGraph

/// The classifier's head on plain matrices: softmax, log-softmax, cross-entropy, with their gradients.
enum LossProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    let loss = request.table.loss
    switch request.operation {
    case let operation as SoftmaxOperation:
      return rows(request, dim: operation.dim, "softmax") { memory, columns, first, last in
        loss.softmax(memory.input(0), memory.output(0), columns, first, last)
      }
    case let operation as SoftmaxGradient:
      return rows(request, dim: operation.dim, "softmax gradient") { memory, columns, first, last in
        loss.softmax_backward(
          memory.input(1), memory.input(0), memory.output(0), columns, first, last)
      }
    case let operation as LogSoftmaxOperation:
      return rows(request, dim: operation.dim, "log softmax") { memory, columns, first, last in
        loss.log_softmax(memory.input(0), memory.output(0), columns, first, last)
      }
    case let operation as LogSoftmaxGradient:
      return rows(request, dim: operation.dim, "log softmax gradient") {
        memory, columns, first, last in
        loss.log_softmax_backward(
          memory.input(1), memory.input(0), memory.output(0), columns, first, last)
      }
    case let operation as CrossEntropyLossOperation:
      return crossEntropy(operation, request)
    case let operation as CrossEntropyLossGradient:
      return crossEntropyGradient(operation.loss, request)
    default:
      return .notMine
    }
  }

  private static func rows(
    _ request: KernelRequest, dim: Int, _ summary: String,
    _ body: @escaping @Sendable (KernelMemory, Int64, Int64, Int64) -> Void
  ) -> KernelAnswer {
    let shape = request.inputShapes[0]
    guard dim == shape.rank - 1 || dim == -1 else {
      return .refusal("no kernel along a dimension that is not the last")
    }
    let columns = shape[shape.rank - 1]
    let phase = RangeKernel.Phase(
      items: shape.count / max(1, columns), elementsPerItem: columns * 8
    ) { range, memory in
      body(memory, Int64(columns), Int64(range.lowerBound), Int64(range.upperBound))
    }
    return .choice(
      KernelChoice(
        kernel: RangeKernel(summary, phase),
        inputs: request.inputShapes.map { _ in .layout(.plain) },
        outputLayouts: [.plain]))
  }

  /// Losses row by row, then their sum in order by one task.
  private static func crossEntropy(
    _ operation: CrossEntropyLossOperation, _ request: KernelRequest
  ) -> KernelAnswer {
    guard request.inputShapes[0].rank == 2 else {
      return .refusal("no kernel for images of targets")
    }
    let (rows, classes) = (request.inputShapes[0][0], request.inputShapes[0][1])
    let hasWeights = request.inputShapes.count == 3
    let loss = request.table.loss
    let each = RangeKernel.Phase(items: rows, elementsPerItem: classes * 8) { range, memory in
      loss.cross_entropy(
        arguments(operation, classes, memory, firstInput: 0, hasWeights: hasWeights),
        memory.input(0), memory.output(1), nil, 1, Int64(range.lowerBound), Int64(range.upperBound))
    }
    let sum = RangeKernel.Phase(items: 1, elementsPerItem: 1) { _, memory in
      var total = 0.0
      for row in 0..<rows { total += Double(memory.output(1)[row]) }
      if operation.reduction == .mean {
        total /= loss.target_weight(
          arguments(operation, classes, memory, firstInput: 0, hasWeights: hasWeights), Int64(rows))
      }
      memory.output(0)[0] = Float(total)
    }
    return .choice(
      KernelChoice(
        kernel: RangeKernel("cross-entropy", each, sum),
        inputs: request.inputShapes.map { _ in .layout(.plain) }, outputLayouts: [.plain],
        workspace: rows))
  }

  private static func crossEntropyGradient(
    _ operation: CrossEntropyLossOperation, _ request: KernelRequest
  ) -> KernelAnswer {
    guard request.inputShapes[1].rank == 2 else {
      return .refusal("no kernel for images of targets")
    }
    let (rows, classes) = (request.inputShapes[1][0], request.inputShapes[1][1])
    let hasWeights = request.inputShapes.count == 4
    let loss = request.table.loss
    let phase = RangeKernel.Phase(items: rows, elementsPerItem: classes * 8) { range, memory in
      let own = arguments(operation, classes, memory, firstInput: 1, hasWeights: hasWeights)
      var scale = Double(memory.input(0)[0])
      if operation.reduction == .mean { scale /= loss.target_weight(own, Int64(rows)) }
      loss.cross_entropy(
        own, memory.input(1), nil, memory.output(0), Float(scale), Int64(range.lowerBound),
        Int64(range.upperBound))
    }
    return .choice(
      KernelChoice(
        kernel: RangeKernel("cross-entropy gradient", phase),
        inputs: request.inputShapes.map { _ in .layout(.plain) }, outputLayouts: [.plain]))
  }

  private static func arguments(
    _ operation: CrossEntropyLossOperation, _ classes: Int, _ memory: KernelMemory, firstInput: Int,
    hasWeights: Bool
  ) -> cn_cross_entropy {
    cn_cross_entropy(
      classes: Int64(classes), class_weights: hasWeights ? memory.input(firstInput + 2) : nil,
      label_smoothing: operation.labelSmoothing, ignore_index: Int64(operation.ignoreIndex),
      float_targets: memory.input(firstInput + 1), integer_targets: nil)
  }
}
