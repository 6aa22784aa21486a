internal import CConvNetKernels
internal import ConvNetGraph

/// Batch norm: training, its gradient, and inference where it could not be folded away.
enum NormalizationProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    switch request.operation {
    case let operation as BatchNorm2dTraining:
      return .choice(training(FusedBatchNormTraining(norm: operation), request))
    case let operation as FusedBatchNormTraining:
      return .choice(training(operation, request))
    case is BatchNorm2dGradient:
      return .choice(gradient(FusedBatchNormGradient(mask: .none, givesResidual: false), request))
    case let operation as FusedBatchNormGradient:
      return .choice(gradient(operation, request))
    case let operation as BatchNorm2dOperation:
      return .choice(inference(operation, request))
    default:
      return .notMine
    }
  }

  private static func training(
    _ fused: FusedBatchNormTraining, _ request: KernelRequest
  ) -> KernelChoice {
    let shape = request.inputShapes[0]
    let planes = Planes(shape, request.table)
    let norm = request.table.normalisation
    let residual = fused.residualIndex
    let (epsilon, momentum) = (Double(fused.norm.epsilon), Double(fused.norm.momentum))
    let channels = shape[1]
    let number = Int64(shape[0] * shape[2] * shape[3])
    let items = Int(cn_group_count(planes.c)) * planes.channelBlocks
    // Behind the five results: the centred squares, then the partial results.
    let squares = 5
    let partials = planes.channelBlocks * request.table.vectorLength

    // Deviation and running statistics of some channels, from mean and centred squares.
    let finish: @Sendable (Range<Int>, UnsafePointer<Float>, KernelMemory) -> Void = {
      channels, squares, memory in
      for channel in channels {
        memory.output(3)[channel] = memory.input(3)[channel]
        memory.output(4)[channel] = memory.input(4)[channel]
      }
      norm.finish_statistics(
        UnsafePointer(memory.output(1)), squares, number, epsilon, momentum, memory.output(2),
        memory.output(3), memory.output(4), Int64(channels.lowerBound), Int64(channels.upperBound))
    }
    let normalise = planes.phase { first, last, memory in
      norm.normalise(
        memory.input(0), UnsafePointer(memory.output(1)), UnsafePointer(memory.output(2)),
        memory.input(1), memory.input(2), memory.input(ifAny: residual), fused.relu,
        memory.output(0), planes.c, first, last)
    }
    let kernel: RangeKernel
    if fused.hasStatistics {
      let take = RangeKernel.Phase(items: channels, elementsPerItem: 16) { range, memory in
        for channel in range { memory.output(1)[channel] = memory.input(5)[channel] }
        finish(range, memory.input(6), memory)
      }
      kernel = RangeKernel("batch norm, statistics from the convolution", take, normalise)
    } else {
      let statistics = RangeKernel.Phase(
        items: items, elementsPerItem: planes.count * planes.elements / max(1, items)
      ) { range, memory in
        norm.statistics(
          memory.input(0), memory.output(squares) + partials, planes.c, Int64(range.lowerBound),
          Int64(range.upperBound))
      }
      let vectorLength = request.table.vectorLength
      let merge = RangeKernel.Phase(
        items: planes.channelBlocks, elementsPerItem: items / planes.channelBlocks * 64
      ) { range, memory in
        norm.merge_statistics(
          UnsafePointer(memory.output(squares)) + partials, planes.c, memory.output(1),
          memory.output(squares), Int64(range.lowerBound), Int64(range.upperBound))
        finish(
          range.lowerBound * vectorLength..<min(channels, range.upperBound * vectorLength),
          UnsafePointer(memory.output(squares)), memory)
      }
      kernel = RangeKernel("batch norm", statistics, merge, normalise)
    }
    var inputs: [KernelChoice.InputUse] = [.layout(.blocked)]
    inputs += [KernelChoice.InputUse](
      repeating: .layout(.plain), count: fused.hasStatistics ? 6 : 4)
    if fused.hasResidual { inputs.append(.layout(.blocked)) }
    return KernelChoice(
      kernel: kernel, inputs: inputs, outputLayouts: [.blocked, .plain, .plain, .plain, .plain],
      workspace: fused.hasStatistics
        ? 0 : partials + items * 2 * request.table.vectorLength,
      inPlace: [residual ?? 0])
  }

  private static func gradient(
    _ fused: FusedBatchNormGradient, _ request: KernelRequest
  ) -> KernelChoice {
    let shape = request.inputShapes[0]
    let planes = Planes(shape, request.table)
    let norm = request.table.normalisation
    let items = Int(cn_group_count(planes.c)) * planes.channelBlocks
    let workspace = request.outputShapes.count
    let mask: cn_relu_mask =
      switch fused.mask {
      case .none: CN_NO_RELU
      case .output: CN_RELU_FROM_OUTPUT
      case .recomputed: CN_RELU_RECOMPUTED
      }
    let arguments: @Sendable (KernelMemory) -> cn_norm_backward = { memory in
      cn_norm_backward(
        x: memory.input(1), dy: memory.input(0), y: fused.mask == .output ? memory.input(5) : nil,
        relu: mask, mean: memory.input(3), inverse_deviation: memory.input(4),
        gamma: memory.input(2), beta: fused.mask == .recomputed ? memory.input(5) : nil)
    }
    let sums = RangeKernel.Phase(
      items: items, elementsPerItem: planes.count * planes.elements / max(1, items)
    ) { range, memory in
      norm.backward_sums(
        arguments(memory), memory.output(workspace), planes.c, Int64(range.lowerBound),
        Int64(range.upperBound))
    }
    let merge = RangeKernel.Phase(
      items: planes.channelBlocks, elementsPerItem: items / max(1, planes.channelBlocks) * 64
    ) { range, memory in
      norm.merge_backward(
        UnsafePointer(memory.output(workspace)), planes.c, memory.input(4), memory.output(1),
        memory.output(2), Int64(range.lowerBound), Int64(range.upperBound))
    }
    let data = planes.phase { first, last, memory in
      norm.backward_data(
        arguments(memory), UnsafePointer(memory.output(1)), UnsafePointer(memory.output(2)),
        memory.output(0), fused.givesResidual ? memory.output(3) : nil, planes.c, first, last)
    }
    var inputs: [KernelChoice.InputUse] = [.layout(.blocked), .layout(.blocked)]
    inputs += [.layout(.plain), .layout(.plain), .layout(.plain)]
    if fused.mask != .none {
      inputs.append(.layout(fused.mask == .output ? .blocked : .plain))
    }
    return KernelChoice(
      kernel: RangeKernel("batch norm gradient", sums, merge, data), inputs: inputs,
      outputLayouts: [.blocked, .plain, .plain] + (fused.givesResidual ? [.blocked] : []),
      workspace: items * 2 * request.table.vectorLength,
      // x was kept for this gradient; the gradient behind the ReLU can take the arriving one's place.
      inPlace: fused.givesResidual ? [1, nil, nil, 0] : [0])
  }

  private static func inference(
    _ operation: BatchNorm2dOperation, _ request: KernelRequest
  ) -> KernelChoice {
    let shape = request.inputShapes[0]
    let planes = Planes(shape, request.table)
    let elementwise = request.table.elementwise
    let channels = shape[1]
    let epsilon = operation.epsilon
    let padded = planes.channelBlocks * request.table.vectorLength
    let scales = RangeKernel.Phase(items: 1, elementsPerItem: channels) { _, memory in
      for channel in 0..<channels {
        let scale =
          memory.input(1)[channel] / (memory.input(4)[channel] + epsilon).squareRoot()
        memory.output(1)[channel] = scale
        memory.output(1)[padded + channel] =
          memory.input(2)[channel] - memory.input(3)[channel] * scale
      }
    }
    let apply = planes.phase { first, last, memory in
      let scale = UnsafePointer(memory.output(1))
      elementwise.channel_affine(
        memory.input(0), scale, scale + padded, nil, false, memory.output(0), planes.c, first, last)
    }
    return KernelChoice(
      kernel: RangeKernel("batch norm, running statistics", scales, apply),
      inputs: [.layout(.blocked)] + [KernelChoice.InputUse](repeating: .layout(.plain), count: 4),
      outputLayouts: [.blocked], workspace: 2 * padded, inPlace: [0])
  }
}
