internal import CConvNetKernels

/// One direction of a convolution, run by the C kernels.
struct ConvolutionKernel: Kernel {
  enum Role: Sendable {
    case forward
    case inputGradient
    case weightGradient(withBias: Bool)
  }

  let table: KernelTable
  let plan: cn_convolution_plan
  let role: Role
  var biasIndex: Int?
  var residualIndex: Int?
  var maskIndex: Int?
  var clamp = Clamp.none

  init(table: KernelTable, plan: cn_convolution_plan, role: Role) {
    self.table = table
    self.plan = plan
    self.role = role
  }

  var taskCounts: [Int] {
    withUnsafePointer(to: plan) { plan in
      (0..<plan.pointee.phases).map { Int(cn_convolution_tasks(plan, $0)) }
    }
  }

  var threadScratch: Int { Int(plan.thread_scratch_bytes + 3) / 4 }

  var summary: String {
    let algorithm =
      switch plan.algorithm {
      case CN_DIRECT: "direct"
      case CN_DEPTHWISE: "depthwise"
      case CN_STEM: "stem"
      case CN_WINOGRAD: "winograd"
      case CN_WINOGRAD_PHASED: "winograd (phased)"
      case CN_DIRECT_BFLOAT16: "direct, bfloat16"
      default: "algorithm \(plan.algorithm.rawValue)"
      }
    var text = "convolution \(algorithm)"
    switch role {
    case .forward: break
    case .inputGradient: text += ", input gradient"
    case .weightGradient: text += ", weight gradient"
    }
    if biasIndex != nil { text += " + bias" }
    if residualIndex != nil { text += " + residual" }
    if clamp != .none { text += " + limits \(clamp.low)...\(clamp.high)" }
    if plan.request.statistics { text += " + statistics" }
    return text
  }

  func run(phase: Int, task: Int, _ memory: KernelMemory) {
    var arguments = cn_convolution_arguments()
    arguments.source = memory.input(0)
    arguments.low = clamp.low
    arguments.high = clamp.high
    var results: Int
    switch role {
    case .forward, .inputGradient:
      arguments.destination = memory.output(0)
      if plan.pack_tasks > 0 {
        arguments.packed_weights = memory.input(1)
      } else {
        arguments.weights = memory.input(1)
      }
      arguments.bias = memory.input(ifAny: biasIndex)
      arguments.residual = memory.input(ifAny: residualIndex)
      arguments.mask = memory.input(ifAny: maskIndex)
      results = 1
      if plan.request.statistics {
        arguments.mean = memory.output(1)
        arguments.centred_squares = memory.output(2)
        results = 3
      }
    case .weightGradient(let withBias):
      arguments.out_gradient = memory.input(1)
      arguments.weight_gradient = memory.output(0)
      if withBias { arguments.bias_gradient = memory.output(1) }
      results = withBias ? 2 : 1
    }
    if memory.outputs.count > results {
      arguments.workspace = UnsafeMutableRawPointer(memory.output(results))
    }
    withUnsafePointer(to: plan) { plan in
      table.convolution.run(
        plan, Int32(phase), Int32(task), &arguments, UnsafeMutableRawPointer(memory.scratch))
    }
  }
}

/// Brings a convolution's weights into the order that its kernel reads.
struct PackKernel: PackingKernel {
  let table: KernelTable
  let plan: cn_convolution_plan

  init(_ table: KernelTable, _ plan: cn_convolution_plan) {
    self.table = table
    self.plan = plan
  }

  var taskCounts: [Int] { [Int(plan.pack_tasks)] }
  var summary: String { "weights packed" }
  var elementCount: Int { Int(plan.packed_weight_bytes + 3) / 4 }

  func run(phase: Int, task: Int, _ memory: KernelMemory) {
    withUnsafePointer(to: plan) { plan in
      table.convolution.pack(plan, Int32(task), memory.input(0), memory.output(0))
    }
  }
}
