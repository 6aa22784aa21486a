internal import ConvNetGraph

/// Operations that leave the numbers and their order as they are: another shape on the same memory.
enum CopyProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    switch request.operation {
    case is FlattenOperation, is ReshapeOperation, is DropoutOperation:
      return .choice(
        KernelChoice(
          kernel: CopyKernel(count: request.inputShapes[0].count), inputs: [.layout(.plain)],
          outputLayouts: [.plain], inPlace: [0]))
    default:
      return .notMine
    }
  }
}
