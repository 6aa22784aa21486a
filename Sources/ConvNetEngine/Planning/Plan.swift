public import ConvNetGraph

/// A graph made ready to run: kernels chosen, layouts and memory planned.
///
/// A plan is made once per input shape and is immutable; ``Executor``s run it. `print(plan)` shows
/// what was chosen and why.
public final class Plan: Sendable {
  /// What a plan is for.
  public enum Purpose: String, Hashable, Sendable {
    /// The parameters stay as they are; what depends on them alone is computed once.
    case inference
    /// The parameters change between runs.
    case training
  }

  /// The graph that is run, after fusion.
  public let graph: Graph
  /// What it is for.
  public let purpose: Purpose
  /// The options it was made with.
  public let options: EngineOptions
  /// The instruction set that the kernels use: `avx512`, `avx2`, `portable`.
  public let instructionSet: String
  /// The threads that take part.
  public let threads: Int
  /// The bytes of the arena that all temporary values share.
  public let arenaBytes: Int

  let steps: [Step]
  let preparation: [Step]
  let buffers: [Buffer]
  let inputs: [BufferID]
  let outputs: [BufferID]
  let parameters: [BufferID]
  let offsets: [Int?]
  /// Where the buffers of kind `preparing` lie in the memory that the preparation gives back.
  let preparingOffsets: [Int?]
  let preparingBytes: Int
  /// Float32 elements of each thread's own memory.
  let threadScratch: Int

  /// Plans a graph.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` for an instruction set that is unknown or
  ///   that this processor lacks.
  public init(
    _ graph: Graph, purpose: Purpose = .inference, options: EngineOptions = EngineOptions()
  ) throws(ConvNetError) {
    let table = try InstructionSet.table(options.instructionSet)
    self.graph =
      options.algorithms == .reference
      ? graph
      : GraphPasses.fused(
        graph, purpose: purpose, runsOnce: options.expectedRuns == 1)
    self.purpose = purpose
    self.options = options
    instructionSet = table.name
    threads = options.resolvedThreads
    let lowering = Lowering(
      self.graph, options: options, table: table,
      preparesParameters: purpose == .inference && options.expectedRuns != 1)
    steps = lowering.steps
    preparation = lowering.preparation
    buffers = lowering.buffers
    inputs = lowering.inputs
    outputs = lowering.outputs
    parameters = lowering.parameters
    let memory = MemoryPlanner(
      .temporary, of: buffers, steps: steps, inputs: inputs, outputs: outputs)
    offsets = memory.offsets
    arenaBytes = memory.arenaBytes
    let workshop = MemoryPlanner(.preparing, of: buffers, steps: preparation)
    preparingOffsets = workshop.offsets
    preparingBytes = workshop.arenaBytes
    threadScratch = (steps + preparation).reduce(0) { max($0, $1.kernel.threadScratch) }
  }
}

extension Plan: CustomStringConvertible {
  /// One line per step: name, kernel, shapes, and why faster kernels were refused.
  public var description: String {
    var lines = [
      "plan for \(purpose.rawValue): \(graph.nodes.count) nodes, \(steps.count) steps, "
        + "\(preparation.count) prepared, \(instructionSet), \(threads) threads, "
        + (options.precision == .float32 ? "" : "\(options.precision) allowed, ")
        + "arena \(arenaBytes) bytes"
    ]
    for (title, group) in [("once", preparation), ("each run", steps)] where !group.isEmpty {
      lines.append("\(title):")
      for step in group {
        let tasks = step.kernel.taskCounts.map(String.init).joined(separator: "+")
        var line = "  \(step.name): \(step.kernel.summary), \(tasks) tasks"
        if !step.refusals.isEmpty { line += " (not: \(step.refusals.joined(separator: "; ")))" }
        lines.append(line)
      }
    }
    return lines.joined(separator: "\n")
  }
}
