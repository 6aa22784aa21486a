internal import CConvNetKernels
internal import ConvNetGraph

/// Sums, differences, products and quotients of tensors of the same shape.
enum BinaryProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    let kind: cn_binary_kind
    switch request.operation {
    case is AddOperation: kind = CN_ADD
    case is SubOperation: kind = CN_SUBTRACT
    case is MulOperation: kind = CN_MULTIPLY
    case is DivOperation: kind = CN_DIVIDE
    default: return .notMine
    }
    guard request.inputShapes[0] == request.inputShapes[1] else {
      return .refusal("no kernel that broadcasts")
    }
    let isBlocked = request.prefersBlocked && kind != CN_DIVIDE
    let layout: Layout = isBlocked ? .blocked : .plain
    let elementwise = request.table.elementwise
    let kernel = RangeKernel(
      "elementwise",
      RangeKernel.Phase(
        items: layout.elementCount(request.outputShapes[0], request.table), elementsPerItem: 1
      ) { range, memory in
        elementwise.binary(
          kind, memory.input(0) + range.lowerBound, memory.input(1) + range.lowerBound,
          memory.output(0) + range.lowerBound, Int64(range.count))
      })
    return .choice(
      KernelChoice(
        kernel: kernel, inputs: [.layout(layout), .layout(layout)], outputLayouts: [layout],
        inPlace: [0]))
  }
}
