internal import CConvNetKernels
internal import ConvNetGraph

/// Batch norm folded into a convolution's weights, channel by channel.
enum FoldProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    guard let operation = request.operation as? FoldedBatchNorm else { return .notMine }
    let weights = request.inputShapes[0]
    let channels = weights[0]
    let perChannel = weights.count / max(1, channels)
    let (epsilon, hasBias) = (operation.epsilon, operation.hasBias)
    let phase = RangeKernel.Phase(items: channels, elementsPerItem: perChannel) { range, memory in
      cn_fold_batch_norm(
        memory.input(0), hasBias ? memory.input(5) : nil, memory.input(1), memory.input(2),
        memory.input(3), memory.input(4), epsilon, Int64(perChannel), Int64(range.lowerBound),
        Int64(range.upperBound), memory.output(0), memory.output(1))
    }
    return .choice(
      KernelChoice(
        kernel: RangeKernel("batch norm folded", phase),
        inputs: request.inputShapes.map { _ in .layout(.plain) },
        outputLayouts: [.plain, .plain]))
  }
}
