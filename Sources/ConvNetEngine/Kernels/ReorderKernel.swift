internal import CConvNetKernels
internal import ConvNetGraph

/// Changes a value's layout, plane by plane.
struct ReorderKernel: Kernel {
  private let ranges: RangeKernel

  init(shape: Shape, to layout: Layout, table: KernelTable) {
    let planes = Planes(shape, table)
    let kernels = table.layout
    ranges = RangeKernel(
      layout == .blocked ? "plain to blocked" : "blocked to plain",
      planes.phase { first, last, memory in
        if layout == .blocked {
          kernels.block(memory.input(0), memory.output(0), planes.c, first, last)
        } else {
          kernels.unblock(memory.input(0), memory.output(0), planes.c, first, last)
        }
      })
  }

  var taskCounts: [Int] { ranges.taskCounts }
  var summary: String { ranges.summary }

  func run(phase: Int, task: Int, _ memory: KernelMemory) {
    ranges.run(phase: phase, task: task, memory)
  }
}
