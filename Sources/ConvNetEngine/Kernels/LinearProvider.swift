internal import CConvNetKernels
internal import ConvNetGraph

/// Fully connected layers and their gradients: products of row-major matrices.
enum LinearProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    let first = request.inputShapes.first ?? []
    let second = request.inputShapes.dropFirst().first ?? []
    let precision = request.options.precision.kernel
    switch request.operation {
    case is LinearOperation:
      // y = x W^T + b
      let rows = first.count / max(1, second[1])
      return product(
        cn_gemm_request(
          rows: Int32(clamping: rows), columns: Int32(clamping: second[0]),
          depth: Int32(clamping: second[1]), a_transposed: false, b_transposed: true,
          constant_b: request.hasFixedWeights, precision: precision),
        hasBias: request.inputShapes.count == 3, request)
    case is LinearInputGradient:
      // dx = g W
      let rows = first.count / max(1, second[0])
      return product(
        cn_gemm_request(
          rows: Int32(clamping: rows), columns: Int32(clamping: second[1]),
          depth: Int32(clamping: second[0]), a_transposed: false, b_transposed: false,
          constant_b: false, precision: precision), hasBias: false, request)
    case is LinearWeightGradient:
      // dW = g^T x; the inputs are x and g.
      let output = request.outputShapes[0]
      let rows = first.count / max(1, output[1])
      return product(
        cn_gemm_request(
          rows: Int32(clamping: output[0]), columns: Int32(clamping: output[1]),
          depth: Int32(clamping: rows), a_transposed: true, b_transposed: false,
          constant_b: false, precision: precision), hasBias: false, isSwapped: true, request)
    case is SumTo where request.inputShapes[0].rank == 2 && request.outputShapes[0] == [first[1]]:
      return columnSums(request)
    default:
      return .notMine
    }
  }

  private static func product(
    _ wanted: cn_gemm_request, hasBias: Bool, isSwapped: Bool = false, _ request: KernelRequest
  ) -> KernelAnswer {
    var (wanted, plan) = (wanted, cn_gemm_plan())
    guard request.table.gemm.plan(&wanted, &plan) == CN_OK else {
      return .refusal("the matrix kernels refuse these sizes")
    }
    let kernel = GemmKernel(
      table: request.table, plan: plan, hasBias: hasBias, isSwapped: isSwapped)
    var inputs: [KernelChoice.InputUse] = request.inputShapes.map { _ in .layout(.plain) }
    if wanted.constant_b { inputs[1] = .packed(GemmPackKernel(table: request.table, plan: plan)) }
    return .choice(
      KernelChoice(
        kernel: kernel, inputs: inputs, outputLayouts: [.plain],
        workspace: Int(plan.workspace_bytes + 3) / 4))
  }

  /// The gradient of the bias: the sum over the rows.
  private static func columnSums(_ request: KernelRequest) -> KernelAnswer {
    let gemm = request.table.gemm
    let (rows, columns) = (request.inputShapes[0][0], request.inputShapes[0][1])
    let kernel = RangeKernel(
      "column sums",
      RangeKernel.Phase(items: columns, elementsPerItem: rows) { range, memory in
        gemm.column_sums(
          memory.input(0), Int32(rows), Int32(columns), Int32(range.lowerBound),
          Int32(range.upperBound), memory.output(0))
      })
    return .choice(
      KernelChoice(kernel: kernel, inputs: [.layout(.plain)], outputLayouts: [.plain]))
  }
}

/// A product of matrices, run by the C kernels.
struct GemmKernel: Kernel {
  let table: KernelTable
  let plan: cn_gemm_plan
  let hasBias: Bool
  /// The left matrix is the second input.
  let isSwapped: Bool

  var taskCounts: [Int] {
    withUnsafePointer(to: plan) { plan in
      (0..<plan.pointee.phases).map { Int(cn_gemm_tasks(plan, $0)) }
    }
  }

  var threadScratch: Int { Int(plan.thread_scratch_bytes + 3) / 4 }
  var summary: String {
    plan.request.precision == CN_FLOAT32 ? "matrix product" : "matrix product, bfloat16"
  }

  func run(phase: Int, task: Int, _ memory: KernelMemory) {
    let isPacked = plan.request.constant_b
    var arguments = cn_gemm_arguments(
      a: memory.input(isSwapped ? 1 : 0),
      b: isPacked ? nil : memory.input(isSwapped ? 0 : 1),
      packed_b: isPacked ? memory.input(1) : nil, c: memory.output(0),
      bias: hasBias ? memory.input(2) : nil, low: -.infinity, high: .infinity,
      workspace: memory.outputs.count > 1 ? UnsafeMutableRawPointer(memory.output(1)) : nil)
    withUnsafePointer(to: plan) { plan in
      table.gemm.run(
        plan, Int32(phase), Int32(task), &arguments, UnsafeMutableRawPointer(memory.scratch))
    }
  }
}

/// Brings a constant right-hand matrix into the order that the product reads.
struct GemmPackKernel: PackingKernel {
  let table: KernelTable
  let plan: cn_gemm_plan

  var taskCounts: [Int] { [Int(plan.pack_tasks)] }
  var summary: String { "matrix packed" }
  var elementCount: Int { Int(plan.packed_bytes + 3) / 4 }

  func run(phase: Int, task: Int, _ memory: KernelMemory) {
    withUnsafePointer(to: plan) { plan in
      table.gemm.pack(plan, Int32(task), memory.input(0), memory.output(0))
    }
  }
}
