/// Copies numbers.
struct CopyKernel: Kernel {
  let count: Int

  // Fixed pieces, so that the cut does not depend on the threads.
  private static let piece = 1 << 16

  var taskCounts: [Int] { [max(1, (count + CopyKernel.piece - 1) / CopyKernel.piece)] }
  var summary: String { "copy" }

  func run(phase: Int, task: Int, _ memory: KernelMemory) {
    let start = task * CopyKernel.piece
    let length = min(CopyKernel.piece, count - start)
    // Where the result took over the input's memory there is nothing to do.
    guard length > 0, memory.input(0) != UnsafePointer(memory.output(0)) else { return }
    (memory.output(0) + start).update(from: memory.input(0) + start, count: length)
  }
}
