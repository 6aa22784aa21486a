internal import ConvNetGraph

/// Runs a node by its reference loops: the last entry of every list of kernels, which always works.
struct ReferenceKernel: Kernel {
  let operation: any Operation
  let inputShapes: [Shape]
  let outputShapes: [Shape]

  var taskCounts: [Int] { [1] }
  var summary: String { "reference loops" }

  func run(phase: Int, task: Int, _ memory: KernelMemory) {
    let arguments = inputShapes.enumerated().map { position, shape in
      ReferenceArray<Float>(
        shape,
        Array(UnsafeBufferPointer(start: memory.input(position), count: shape.count)))
    }
    let results = operation.reference(arguments, outputs: outputShapes)
    for (position, result) in results.enumerated() {
      memory.output(position).update(from: result.elements, count: result.elements.count)
    }
  }
}
