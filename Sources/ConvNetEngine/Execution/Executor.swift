public import ConvNetGraph

/// Runs a plan: owns the arena and the threads' scratch memory.
///
/// One executor does one run at a time; many executors of an inference plan can share one
/// ``PreparedParameters``. After the first run nothing is allocated.
public final class Executor {
  /// The plan that is run.
  public let plan: Plan
  /// The parameters that it reads and, in training, changes.
  public let parameters: PreparedParameters

  private let arena: AlignedMemory
  private let runner: StepRunner
  private let addresses: [UnsafeMutablePointer<Float>]

  /// An executor with shared parameters.
  public init(_ plan: Plan, parameters: PreparedParameters) {
    self.plan = plan
    self.parameters = parameters
    let arena = AlignedMemory(bytes: plan.arenaBytes)
    addresses = plan.buffers.indices.map { index in
      if let shared = parameters.addresses[index] { return shared }
      return arena.base + (plan.offsets[index] ?? 0) / 4
    }
    self.arena = arena
    let steps =
      plan.options.expectedRuns == 1 ? plan.steps(releasing: parameters.pages) : plan.steps
    runner = StepRunner(
      steps: steps, addresses: addresses, threadScratch: plan.threadScratch,
      threads: plan.threads)
  }

  /// An executor with parameters of its own.
  ///
  /// - Throws: ``ConvNetError`` where the weights do not fit.
  public convenience init(_ plan: Plan, weights: Weights) throws(ConvNetError) {
    self.init(plan, parameters: try PreparedParameters(plan, weights: weights))
  }

  /// The graph's outputs for tensors.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where a shape differs from the plan's.
  public func run(_ inputs: [Tensor]) throws(ConvNetError) -> [Tensor] {
    let graph = plan.graph
    guard inputs.count == graph.inputs.count else {
      throw ConvNetError(
        .invalidArgument, "\(inputs.count) inputs for a plan of \(graph.inputs.count)")
    }
    for (position, tensor) in inputs.enumerated() {
      let expected = graph.shape(graph.inputs[position])
      guard tensor.shape == expected else {
        throw ConvNetError(
          .invalidArgument, "input of shape \(tensor.shape), the plan is for \(expected)",
          advice: "make a plan for this shape, or resize the picture")
      }
      withInput(position) { buffer in
        tensor.withUnsafeBufferPointer { _ = buffer.update(fromContentsOf: $0) }
      }
    }
    run()
    return graph.outputs.indices.map { position in
      Tensor(uninitialized: graph.shape(graph.outputs[position])) { buffer in
        withOutput(position) { _ = buffer.update(fromContentsOf: $0) }
      }
    }
  }

  /// Runs the plan on what was written by ``withInput(_:_:)``; inputs must be written again for every
  /// run, because their memory is used for other values after their last reader.
  public func run() { runner.run() }

  /// Writes an input, row-major in the graph's shape.
  public func withInput<Result>(
    _ position: Int, _ body: (UnsafeMutableBufferPointer<Float>) -> Result
  ) -> Result {
    body(memory(plan.inputs[position], plan.graph.shape(plan.graph.inputs[position])))
  }

  /// Reads an output of the last run, row-major in the graph's shape.
  public func withOutput<Result>(
    _ position: Int, _ body: (UnsafeBufferPointer<Float>) -> Result
  ) -> Result {
    body(
      UnsafeBufferPointer(
        memory(plan.outputs[position], plan.graph.shape(plan.graph.outputs[position]))))
  }

  /// Reads or, in a training plan, writes a parameter, row-major in its slot's shape.
  public func withParameter<Result>(
    _ position: Int, _ body: (UnsafeMutableBufferPointer<Float>) -> Result
  ) -> Result {
    body(memory(plan.parameters[position], plan.graph.parameters[position].shape))
  }

  /// The parameters as they are now.
  public var weights: Weights {
    Weights(
      plan.graph.parameters.enumerated().map { position, slot in
        (
          name: slot.name,
          tensor: Tensor(uninitialized: slot.shape) { buffer in
            withParameter(position) { _ = buffer.update(fromContentsOf: $0) }
          }
        )
      })
  }

  /// The time of each step: what a per-layer table shows.
  ///
  /// The inputs keep what was written before the call for the first run only, so the numbers that flow
  /// are not those of a real run; the work is the same.
  public func measureSteps(runs: Int) -> [StepTime] {
    let runners = plan.steps.map { step in
      StepRunner(
        steps: [step], addresses: addresses, threadScratch: plan.threadScratch,
        threads: plan.threads)
    }
    let clock = ContinuousClock()
    var times = [[Duration]](repeating: [], count: runners.count)
    for _ in 0..<max(1, runs) {
      for (position, runner) in runners.enumerated() {
        times[position].append(clock.measure { runner.run() })
      }
    }
    return zip(plan.steps, times).map { step, times in
      StepTime(
        name: step.name, kernel: step.kernel.summary,
        median: times.sorted()[times.count / 2])
    }
  }

  /// How long a step took.
  public struct StepTime: Sendable {
    /// The node's name, or what was inserted.
    public let name: String
    /// What ran.
    public let kernel: String
    /// The median of the runs.
    public let median: Duration
  }

  /// Runs independent tasks on the plan's threads: for optimiser updates and the like.
  ///
  /// How the work is cut must not depend on the number of threads.
  public func parallel(tasks: Int, _ body: @escaping (_ task: Int) -> Void) {
    ThreadPool.shared(threads: plan.threads).run(
      Program(taskCounts: [tasks]) { _, task, _ in body(task) })
  }

  private func memory(_ buffer: BufferID, _ shape: Shape) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: addresses[buffer.index], count: shape.count)
  }
}
