internal import ConvNetEngine
public import ConvNetGraph

extension Model {
  /// Times the model.
  ///
  /// ```swift
  /// for row in try model.benchmark(BenchmarkOptions(batches: [1, 32])) { print(row) }
  /// ```
  ///
  /// - Parameters:
  ///   - options: what is timed, and how long.
  ///   - isWanted: asked before each row; false ends the measuring.
  /// - Returns: one row for each batch and number of threads, batches first.
  /// - Throws: ``ConvNetError`` where a batch or an option is not possible, or the network cannot be
  ///   trained.
  public func benchmark(
    _ options: BenchmarkOptions = BenchmarkOptions(), while isWanted: () -> Bool = { true }
  ) throws(ConvNetError) -> [Benchmark] {
    guard options.warmup >= 0, options.minimumSeconds >= 0, options.minimumSeconds.isFinite else {
      throw ConvNetError(.invalidArgument, "a benchmark cannot run a negative or endless time")
    }
    var rows: [Benchmark] = []
    for batch in options.batches {
      for threads in options.threads where isWanted() {
        rows.append(try row(options, batch: batch, threads: threads))
      }
    }
    return rows
  }

  private func row(
    _ options: BenchmarkOptions, batch: Int, threads: Int
  ) throws(ConvNetError) -> Benchmark {
    ProcessMemory.startOver()
    var engine = options.engine
    engine.threads = threads
    let run = try BenchmarkRun(self, options.work, batch: batch, engine: engine)
    let latency = Benchmark.Latency(
      run.times(warmup: options.warmup, minimumSeconds: options.minimumSeconds))
    let peakMemory = ProcessMemory.peak
    let plan = run.executor.plan
    let peak = try MultiplyAddPeak.measure(instructionSet: plan.instructionSet, threads: threads)
    return Benchmark(
      network: architecture, input: inputShape, work: options.work, batch: batch, threads: threads,
      instructionSet: plan.instructionSet, latency: latency,
      imagesPerSecond: 1e3 * Double(batch) / max(latency.median, 1e-9), peakMemory: peakMemory,
      arena: plan.arenaBytes, peakGigaflops: peak / 1e9, layers: run.layers(peak: peak))
  }
}

/// An executor with inputs to run it on.
private struct BenchmarkRun {
  let executor: Executor
  private let images: Tensor
  private let targetPosition: Int?

  init(
    _ model: Model, _ work: BenchmarkOptions.Work, batch: Int, engine: EngineOptions
  ) throws(ConvNetError) {
    let plan: Plan
    switch work {
    case .inference:
      plan = try Plan(model.graph.reshaped(batch: batch), options: engine)
      targetPosition = nil
    case .training:
      let training = try TrainingGraph(model.graph, batch: batch)
      plan = try Plan(training.graph, purpose: .training, options: engine)
      targetPosition = training.targetPosition
    }
    try plan.checkMemory()
    executor = try Executor(plan, weights: model.weights)
    images = Initializer.normal(standardDeviation: 1).tensor(
      shape: plan.graph.shape(plan.graph.inputs[0]), name: "images", seed: 1)
  }

  func run() {
    executor.withInput(0) { input in
      images.withUnsafeBufferPointer { _ = input.update(fromContentsOf: $0) }
    }
    if let targetPosition {
      executor.withInput(targetPosition) { $0.update(repeating: 0) }
    }
    executor.run()
  }

  /// The milliseconds of each run.
  func times(warmup: Int, minimumSeconds: Double) -> [Double] {
    for _ in 0..<warmup { run() }
    let clock = ContinuousClock()
    let start = clock.now
    var times: [Double] = []
    repeat {
      times.append(clock.measure { run() } / .milliseconds(1))
    } while (clock.now - start) / .seconds(1) < minimumSeconds
    return times
  }

  /// - Parameter peak: operations per second.
  func layers(peak: Double) -> [Benchmark.Layer] {
    let graph = executor.plan.graph
    let multiplyAdds = Dictionary(
      graph.nodes.map { node in
        (
          node.name,
          node.operation.multiplyAdds(
            inputs: graph.shapes(node.inputs), outputs: graph.shapes(node.outputs))
        )
      }, uniquingKeysWith: { first, _ in first })
    let steps = executor.measureSteps(runs: 15).map { step in
      (step, step.median / .milliseconds(1))
    }
    let total = max(steps.reduce(0) { $0 + $1.1 }, 1e-9)
    return steps.map { step, milliseconds in
      let work = multiplyAdds[step.name] ?? 0
      let rate = 2e3 * Double(work) / max(milliseconds, 1e-9)
      return Benchmark.Layer(
        name: step.name, kernel: step.kernel, milliseconds: milliseconds,
        share: milliseconds / total, multiplyAdds: work, gigaflops: rate / 1e9,
        peakShare: rate / max(peak, 1))
    }
  }
}
