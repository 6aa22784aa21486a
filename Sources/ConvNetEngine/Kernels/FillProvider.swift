internal import CConvNetKernels
internal import ConvNetGraph

/// Values that are made from next to nothing: one number everywhere, the random factors of dropout.
enum FillProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    switch request.operation {
    case let operation as Fill:
      return .choice(fill(operation.value, request))
    case let operation as DropoutMask:
      return .choice(dropout(operation, request))
    default:
      return .notMine
    }
  }

  private static func fill(_ value: Float, _ request: KernelRequest) -> KernelChoice {
    let layout = request.table.layout
    let phase = RangeKernel.Phase(items: request.outputShapes[0].count, elementsPerItem: 1) {
      range, memory in
      layout.fill(memory.output(0) + range.lowerBound, value, Int64(range.count))
    }
    return KernelChoice(kernel: RangeKernel("filled", phase), inputs: [], outputLayouts: [.plain])
  }

  /// Four factors come from one block of the generator.
  private static func dropout(_ mask: DropoutMask, _ request: KernelRequest) -> KernelChoice {
    let count = request.outputShapes[0].count
    let resample = request.table.resample
    let (probability, stream) = (mask.dropout.probability, UInt64(truncatingIfNeeded: mask.stream))
    let phase = RangeKernel.Phase(items: (count + 3) / 4, elementsPerItem: 32) { range, memory in
      let key = memory.input(1)
      resample.dropout(
        nil, memory.output(0), probability, RandomKey.seed(key[0], key[1], key[2], key[3]), stream,
        Int64(4 * range.lowerBound), Int64(min(4 * range.upperBound, count)))
    }
    return KernelChoice(
      kernel: RangeKernel("dropout factors", phase),
      inputs: [.layout(.plain), .layout(.plain)], outputLayouts: [.plain])
  }
}
