internal import CConvNetKernels
internal import ConvNetGraph

/// Products of rows of matrices, each by the matrix kernels.
enum MatMulProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    guard request.operation is MatMulOperation else { return .notMine }
    let (a, b) = (request.inputShapes[0], request.inputShapes[1])
    guard a.rank >= 2, b.rank >= 2, a.count > 0, b.count > 0 else {
      return .refusal("no kernel for vectors")
    }
    var wanted = cn_gemm_request(
      rows: Int32(clamping: a[a.rank - 2]), columns: Int32(clamping: b[b.rank - 1]),
      depth: Int32(clamping: a[a.rank - 1]), a_transposed: false, b_transposed: false,
      constant_b: false, precision: request.options.precision.kernel)
    var plan = cn_gemm_plan()
    guard request.table.gemm.plan(&wanted, &plan) == CN_OK else {
      return .refusal("the matrix kernels refuse these sizes")
    }
    func outer(_ shape: Shape) -> Shape { Shape(Array(shape.dimensions.dropLast(2))) }
    let walk = BroadcastWalk(outer(a), outer(b), outer(request.outputShapes[0]))
    let matrices = walk.rows * walk.columns
    // Every product has its own work space, beginning at a multiple of 64 bytes.
    let workspace = (Int(plan.workspace_bytes) + 63) / 64 * 16
    guard matrices > 0, matrices <= 1 << 20, workspace * matrices <= 1 << 28 else {
      return .refusal("too many matrices")
    }
    return .choice(
      KernelChoice(
        kernel: MatMulKernel(
          table: request.table, plan: plan, walk: walk, matrices: matrices, workspace: workspace),
        inputs: [.layout(.plain), .layout(.plain)], outputLayouts: [.plain],
        workspace: workspace * matrices))
  }
}

/// The same product for several matrices, which the tasks of every phase share out.
private struct MatMulKernel: Kernel {
  let table: KernelTable
  let plan: cn_gemm_plan
  let walk: BroadcastWalk
  let matrices: Int
  /// Float32 elements of one product's work space.
  let workspace: Int

  var taskCounts: [Int] {
    withUnsafePointer(to: plan) { plan in
      (0..<plan.pointee.phases).map { matrices * Int(cn_gemm_tasks(plan, $0)) }
    }
  }

  var threadScratch: Int { Int(plan.thread_scratch_bytes + 3) / 4 }
  var summary: String { "matrix products" }

  func run(phase: Int, task: Int, _ memory: KernelMemory) {
    withUnsafePointer(to: plan) { plan in
      let tasks = max(1, Int(cn_gemm_tasks(plan, Int32(phase))))
      let matrix = task / tasks
      let (row, column) = (matrix / walk.columns, matrix % walk.columns)
      let start = walk.start(of: row)
      let request = plan.pointee.request
      let (rows, columns, depth) = (Int(request.rows), Int(request.columns), Int(request.depth))
      var arguments = cn_gemm_arguments(
        a: memory.input(0) + (start.a + column * walk.stepA) * rows * depth,
        b: memory.input(1) + (start.b + column * walk.stepB) * depth * columns,
        packed_b: nil, c: memory.output(0) + matrix * rows * columns, bias: nil,
        low: -.infinity, high: .infinity,
        workspace: memory.outputs.count > 1
          ? UnsafeMutableRawPointer(memory.output(1) + matrix * workspace) : nil)
      table.gemm.run(
        plan, Int32(phase), Int32(task % tasks), &arguments,
        UnsafeMutableRawPointer(memory.scratch))
    }
  }
}
