internal import ConvNetEngine
internal import ConvNetGraph

/// A training graph in memory: runs forward and backward, then the optimiser.
///
/// What is fed goes straight into the executor's memory, and a step allocates nothing.
final class TrainingRunner {
  let training: TrainingGraph
  let executor: Executor
  let updates: ParameterUpdates
  private let randomKeys: CounterRandom
  private let networkParameters: Int

  /// A runner with copies of the weights.
  ///
  /// - Parameters:
  ///   - training: what is run.
  ///   - weights: the network's weights.
  ///   - optimizer: the rule of the updates.
  ///   - decaysAll: whether weight decay acts on biases and normalisation too (PyTorch's default).
  ///   - seed: of the network's own random numbers (dropout).
  ///   - options: the engine's options.
  init(
    _ training: TrainingGraph, weights: Weights, optimizer: Optimizer, decaysAll: Bool = true,
    seed: UInt64 = 0, options: EngineOptions = EngineOptions()
  ) throws(ConvNetError) {
    self.training = training
    let plan = try Plan(training.graph, purpose: .training, options: options)
    try plan.checkMemory()
    var all = weights
    // Constants that the loss brought along are in no model's weights.
    for slot in training.graph.parameters where slot.role == .constant && all[slot.name] == nil {
      all[slot.name] = slot.initializer.tensor(shape: slot.shape, name: slot.name, seed: 0)
    }
    let executor = try Executor(plan, weights: all)
    self.executor = executor
    networkParameters = weights.count
    randomKeys = CounterRandom(seed: seed, stream: "dropout")
    var targets: [ParameterUpdates.Target] = []
    for (output, position) in training.trained.enumerated() {
      let slot = plan.graph.parameters[position]
      // The executor's memory stays where it is as long as the executor lives.
      let parameter = executor.withParameter(position) { $0.baseAddress }
      let gradient = executor.withOutput(2 + output) { $0.baseAddress }
      guard let parameter, let gradient else { continue }
      targets.append(
        ParameterUpdates.Target(
          name: slot.name, shape: slot.shape, parameter: parameter, gradient: gradient,
          decays: decaysAll || slot.shape.rank > 1))
    }
    updates = ParameterUpdates(
      targets, optimizer: optimizer,
      kernels: try OptimizerKernels(instructionSet: options.instructionSet),
      threads: plan.threads)
  }

  /// Calls a closure with the memory of the images, row-major.
  func withImages(_ body: (UnsafeMutableBufferPointer<Float>) -> Void) {
    executor.withInput(0, body)
  }

  /// Calls a closure with the memory of the targets.
  func withTargets(_ body: (UnsafeMutableBufferPointer<Float>) -> Void) {
    executor.withInput(training.targetPosition, body)
  }

  /// Runs forward and backward on the images and targets that were written.
  ///
  /// - Returns: the batch's loss.
  func computeGradients() -> Float {
    writeRandomKey()
    executor.run()
    return executor.withOutput(0) { $0[0] }
  }

  /// Writes the random key of the next step.
  func writeRandomKey() {
    guard let position = training.randomKeyPosition else { return }
    let words = randomKeys.words(at: UInt64(updates.stepCount))
    // 16 bits each: whole numbers that Float32 holds exactly.
    executor.withInput(position) { key in
      for index in key.indices { key[index] = Float(words[index % 4] & 0xFFFF) }
    }
  }

  /// Calls a closure with the scores of the last run, row-major.
  func withScores<Result>(_ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
    executor.withOutput(1, body)
  }

  /// The network's weights as they are now.
  var weights: Weights {
    Weights(executor.weights.prefix(networkParameters))
  }
}
