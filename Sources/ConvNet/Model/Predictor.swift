public import ConvNetEngine
public import ConvNetFormats
public import ConvNetGraph

/// One of the classes that a picture may belong to.
public struct Classification: Hashable, Sendable, Codable {
  /// The position of the class's score.
  public var index: Int
  /// The class's name.
  public var label: String
  /// The class's share of the softmax over all scores, in 0...1.
  public var probability: Double

  /// A class with its share.
  public init(index: Int, label: String, probability: Double) {
    self.index = index
    self.label = label
    self.probability = probability
  }
}

/// A model compiled for predictions, shared by any number of tasks.
///
/// Every picture's result depends on the picture alone: not on its neighbours in a batch, on other
/// tasks, or on the number of threads.
public struct Predictor: Sendable {
  /// The pictures that are computed at once.
  public let batch: Int
  /// The names of the classes in the order of the scores; empty where they are not known.
  public let labels: [String]
  /// How a picture becomes the network's input.
  public let preprocessing: Preprocessing
  /// One input without the batch: `[C, H, W]`.
  public let inputShape: Shape
  /// One output without the batch: `[classes]` for a classifier.
  public let outputShape: Shape

  /// Whether the outputs are shares already: the network ends in a softmax.
  private let endsInSoftmax: Bool
  private let pool: ExecutorPool
  private let normalizer: Normalizer

  init(
    _ model: Model, batch: Int, options: EngineOptions, concurrency: Int?
  ) throws(ConvNetError) {
    let plan = try Plan(model.graph.reshaped(batch: batch), options: options)
    try plan.checkMemory()
    pool = try ExecutorPool(
      plan, weights: model.weights, limit: concurrency ?? AvailableCores.count)
    self.batch = batch
    endsInSoftmax = model.scoreValue != model.graph.outputs[0]
    labels = model.labels
    preprocessing = model.preprocessing
    inputShape = model.inputShape
    outputShape = model.outputShape
    normalizer = Normalizer(preprocessing)
  }

  /// What was planned: kernels, layouts, memory; `print(predictor.plan)`.
  public var plan: Plan { pool.plan }

  /// The outputs `[N, ...]` for inputs `[N, ...]` that are prepared already; N may be any number.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` for another shape, `cancelled` where the
  ///   task is cancelled.
  public func callAsFunction(_ inputs: Tensor) async throws(ConvNetError) -> Tensor {
    let count = inputs.shape.rank == 0 ? 0 : inputs.shape[0]
    guard inputs.shape.rank > 0, Array(inputs.shape.dimensions.dropFirst()) == inputShape.dimensions
    else {
      throw ConvNetError(
        .invalidArgument,
        "input of shape \(inputs.shape), expected is [N"
          + inputShape.dimensions.map { ", \($0)" }.joined() + "]")
    }
    let size = inputShape.count
    return try await run(count: count) { position, target in
      inputs.withUnsafeBufferPointer { source in
        _ = target.update(
          fromContentsOf: UnsafeBufferPointer(
            rebasing: source[(position * size)..<((position + 1) * size)]))
      }
    }
  }

  /// The outputs `[N, ...]` for pictures of any size.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the network takes no pictures,
  ///   `cancelled` where the task is cancelled.
  public func callAsFunction(_ images: [Image]) async throws(ConvNetError) -> Tensor {
    guard inputShape.rank == 3 else {
      throw ConvNetError(
        .invalidArgument, "the network takes inputs of shape \(inputShape), not pictures")
    }
    return try await run(count: images.count) { (position, target) throws(ConvNetError) in
      let image = try preprocessing.scaled(images[position])
      let window = PixelWindow(
        centerOf: image, width: preprocessing.width, height: preprocessing.height)
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(1, target.count)) { pixels in
        guard let pixels = pixels.baseAddress, let target = target.baseAddress else { return }
        window.copy(
          from: image, into: pixels, width: preprocessing.width, height: preprocessing.height)
        normalizer.convert(pixels, into: target)
      }
    }
  }

  /// The output of one picture of any size, without the batch: `[classes]` for a classifier.
  ///
  /// - Throws: ``ConvNetError`` as for several pictures.
  public func callAsFunction(_ image: Image) async throws(ConvNetError) -> Tensor {
    try await self([image]).reshaped(to: outputShape)
  }

  /// The likeliest classes of a picture, likeliest first.
  ///
  /// - Parameters:
  ///   - image: a picture of any size.
  ///   - count: how many classes, at most.
  /// - Throws: ``ConvNetError`` as ``callAsFunction(_:)-(Image)``, or of kind `invalidArgument` where
  ///   the network is no classifier.
  public func classify(
    _ image: Image, top count: Int = 5
  ) async throws(ConvNetError) -> [Classification] {
    try await classify([image], top: count)[0]
  }

  /// The likeliest classes of each picture, likeliest first.
  ///
  /// - Throws: ``ConvNetError`` as for one picture.
  public func classify(
    _ images: [Image], top count: Int = 5
  ) async throws(ConvNetError) -> [[Classification]] {
    guard outputShape.rank == 1 else {
      throw ConvNetError(
        .invalidArgument, "the network's output of shape \(outputShape) names no classes")
    }
    let scores = try await self(images)
    let classes = outputShape[0]
    return scores.withUnsafeBufferPointer { buffer in
      images.indices.map { image in
        classifications(
          UnsafeBufferPointer(rebasing: buffer[(image * classes)..<((image + 1) * classes)]),
          top: count)
      }
    }
  }

  private func classifications(
    _ scores: UnsafeBufferPointer<Float>, top count: Int
  ) -> [Classification] {
    let shares = endsInSoftmax ? scores.map(Double.init) : Scores.softmax(scores)
    return Scores.top(count, of: scores).map { index in
      Classification(
        index: index, label: labels.indices.contains(index) ? labels[index] : "\(index)",
        probability: shares[index])
    }
  }

  /// Computes `count` outputs, a batch at a time; `write` fills one input.
  private func run(
    count: Int,
    _ write:
      @Sendable (_ position: Int, _ target: UnsafeMutableBufferPointer<Float>)
      throws(ConvNetError) -> Void
  ) async throws(ConvNetError) -> Tensor {
    let (inputSize, outputSize) = (inputShape.count, outputShape.count)
    let parts = try await pool.withExecutor { (executor) throws(ConvNetError) -> [[Float]] in
      var parts: [[Float]] = []
      for start in stride(from: 0, to: count, by: batch) {
        if Task.isCancelled { throw ConvNetError(.cancelled, "the prediction was cancelled") }
        let filled = min(batch, count - start)
        var failure: ConvNetError?
        executor.withInput(0) { input in
          for position in 0..<filled where failure == nil {
            let part = input[(position * inputSize)..<((position + 1) * inputSize)]
            do throws(ConvNetError) {
              try write(start + position, UnsafeMutableBufferPointer(rebasing: part))
            } catch {
              failure = error
            }
          }
          // Whatever earlier runs left behind the last picture could be slow to compute with.
          input[(filled * inputSize)...].update(repeating: 0)
        }
        if let failure { throw failure }
        executor.run()
        parts.append(executor.withOutput(0) { Array($0.prefix(filled * outputSize)) })
      }
      return parts
    }
    return try Tensor(Shape([count] + outputShape.dimensions), Array(parts.joined()))
  }
}
