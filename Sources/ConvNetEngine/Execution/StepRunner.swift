/// Runs a row of steps on given buffers: what an executor and a preparation have in common.
final class StepRunner {
  private let program: Program
  private let pool: ThreadPool
  // Kept alive for the program's closure.
  private let pointers: UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>>
  private let scratch: AlignedMemory

  /// A runner of steps whose buffers lie at `addresses` (by buffer number).
  init(
    steps: [Step], addresses: [UnsafeMutablePointer<Float>], threadScratch: Int, threads: Int
  ) {
    pool = ThreadPool.shared(threads: threads)
    // A whole number of cache lines for each thread, so that they do not disturb each other.
    let scratchStride = (threadScratch + 15) / 16 * 16 + 16
    scratch = AlignedMemory(bytes: scratchStride * 4 * max(1, threads))

    let count = steps.reduce(0) { $0 + $1.reads.count + $1.writes.count }
    let storage = UnsafeMutablePointer<UnsafeMutablePointer<Float>>.allocate(
      capacity: max(1, count))
    pointers = UnsafeMutableBufferPointer(start: storage, count: max(1, count))
    var phases: [Phase] = []
    var taskCounts: [Int] = []
    var used = 0
    for step in steps {
      let start = used
      for buffer in step.reads + step.writes {
        (storage + used).initialize(to: addresses[buffer.index])
        used += 1
      }
      let inputs = UnsafeBufferPointer(rebasing: pointers[start..<start + step.reads.count])
      let outputs = UnsafeBufferPointer(rebasing: pointers[start + step.reads.count..<used])
      for (phase, tasks) in step.kernel.taskCounts.enumerated() {
        phases.append(Phase(kernel: step.kernel, phase: phase, inputs: inputs, outputs: outputs))
        taskCounts.append(tasks)
      }
    }
    let scratchBase = scratch.base
    let work = phases
    program = Program(taskCounts: taskCounts) { phase, task, thread in
      let entry = work[phase]
      entry.kernel.run(
        phase: entry.phase, task: task,
        KernelMemory(
          inputs: entry.inputs, outputs: entry.outputs,
          scratch: scratchBase + thread * scratchStride))
    }
  }

  deinit { pointers.deallocate() }

  /// Runs all steps.
  func run() { pool.run(program) }

  private struct Phase {
    let kernel: any Kernel
    let phase: Int
    let inputs: UnsafeBufferPointer<UnsafeMutablePointer<Float>>
    let outputs: UnsafeBufferPointer<UnsafeMutablePointer<Float>>
  }
}
