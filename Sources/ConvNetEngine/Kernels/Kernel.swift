/// A piece of work on buffers, cut into phases of tasks.
///
/// The tasks of a phase may run at the same time; a phase starts when the one before has ended. How
/// the work is cut depends on shapes only.
protocol Kernel: Sendable {
  /// The number of tasks of each phase.
  var taskCounts: [Int] { get }
  /// Float32 elements that every thread needs for itself while a task runs.
  var threadScratch: Int { get }
  /// What runs, for `print(plan)`: the algorithm and its numbers.
  var summary: String { get }

  /// Does one task.
  func run(phase: Int, task: Int, _ memory: KernelMemory)
}

extension Kernel {
  var threadScratch: Int { 0 }
}

/// A kernel that brings one input into the order that another kernel reads.
protocol PackingKernel: Kernel {
  /// Float32 elements of the result.
  var elementCount: Int { get }
}

/// The buffers of one step: what a kernel works on.
struct KernelMemory {
  /// What the step reads, in the step's order.
  let inputs: UnsafeBufferPointer<UnsafeMutablePointer<Float>>
  /// What the step writes, in the step's order; work space follows the results.
  let outputs: UnsafeBufferPointer<UnsafeMutablePointer<Float>>
  /// The calling thread's own memory.
  let scratch: UnsafeMutablePointer<Float>

  func input(_ index: Int) -> UnsafePointer<Float> { UnsafePointer(inputs[index]) }
  /// The input of an index, where there is one. (A method handed to `map` would be allocated at each
  /// call in debug builds.)
  func input(ifAny index: Int?) -> UnsafePointer<Float>? {
    guard let index else { return nil }
    return UnsafePointer(inputs[index])
  }
  func output(_ index: Int) -> UnsafeMutablePointer<Float> { outputs[index] }
}
