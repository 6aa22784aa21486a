internal import ConvNetEngine
internal import ConvNetGraph

/// Applies an optimiser to parameters in memory: the moments, the gradient's norm, the cut into tasks.
///
/// Parameters are cut into pieces of a fixed size, whatever the number of threads, and every piece's
/// result depends on the piece alone: the bits are the same at any thread count. A step allocates
/// nothing.
final class ParameterUpdates {
  /// A parameter in memory with its gradient.
  struct Target {
    let name: String
    let shape: Shape
    let parameter: UnsafeMutablePointer<Float>
    let gradient: UnsafePointer<Float>
    /// Whether weight decay acts on it.
    let decays: Bool
  }

  let optimizer: Optimizer
  private let targets: [Target]
  private let memory: MomentMemory
  private let shared: Shared
  private let updates: ParallelTasks
  private let norms: ParallelTasks

  /// The steps done so far.
  var stepCount = 0

  // 64 KB of each row: they stay in a core's second-level cache together, and a network of a million
  // parameters still gives enough tasks.
  private static let pieceSize = 16_384

  /// What the tasks read; written between the runs only.
  private final class Shared {
    var decaying = OptimizerRule.sgd(
      rate: 0, momentum: 0, gradientShare: 1, nesterov: false, weightDecay: 0)
    var plain = OptimizerRule.sgd(
      rate: 0, momentum: 0, gradientShare: 1, nesterov: false, weightDecay: 0)
    var gradientScale: Float = 1
    let squares: UnsafeMutableBufferPointer<Double>

    init(pieces: Int) {
      squares = .allocate(capacity: max(1, pieces))
      squares.initialize(repeating: 0)
    }

    deinit { squares.deallocate() }
  }

  init(
    _ targets: [Target], optimizer: Optimizer, kernels: OptimizerKernels, threads: Int
  ) {
    self.optimizer = optimizer
    self.targets = targets
    let rows = optimizer.momentNames.count
    let memory = MomentMemory(counts: targets.map(\.shape.count), rows: rows)
    self.memory = memory

    var pieces: [(piece: OptimizerKernels.Piece, decays: Bool)] = []
    for (position, target) in targets.enumerated() {
      let count = target.shape.count
      for start in stride(from: 0, to: count, by: ParameterUpdates.pieceSize) {
        let moment = { (row: Int) in
          row < rows ? memory.address(target: position, row: row) + start : nil
        }
        pieces.append(
          (
            OptimizerKernels.Piece(
              parameter: target.parameter + start, gradient: target.gradient + start,
              moments: (moment(0), moment(1), moment(2)),
              count: min(ParameterUpdates.pieceSize, count - start)), target.decays
          ))
      }
    }
    let work = pieces
    let shared = Shared(pieces: work.count)
    self.shared = shared
    updates = ParallelTasks(tasks: work.count, threads: threads) { task in
      let entry = work[task]
      kernels.update(
        entry.piece, by: entry.decays ? shared.decaying : shared.plain,
        gradientScale: shared.gradientScale)
    }
    norms = ParallelTasks(tasks: work.count, threads: threads) { task in
      let piece = work[task].piece
      shared.squares[task] = kernels.sumOfSquares(piece.gradient, count: piece.count)
    }
  }

  /// Does a step.
  ///
  /// - Parameter clipNorm: the gradient's largest norm over all parameters; a longer one is shortened
  ///   as PyTorch's `clip_grad_norm_` does.
  /// - Returns: the gradient's norm before it was clipped; nil without `clipNorm`.
  @discardableResult
  func step(learningRate: Double, clipNorm: Double? = nil) -> Double? {
    var norm: Double?
    shared.gradientScale = 1
    if let clipNorm {
      let length = gradientNorm()
      norm = length
      shared.gradientScale = Float(min(1, clipNorm / (length + 1e-6)))
    }
    stepCount += 1
    shared.decaying = optimizer.rule(step: stepCount, learningRate: learningRate, decays: true)
    shared.plain = optimizer.rule(step: stepCount, learningRate: learningRate, decays: false)
    updates.run()
    return norm
  }

  /// The length of all gradients together; the pieces' sums are added in their order.
  func gradientNorm() -> Double {
    norms.run()
    return shared.squares.reduce(0, +).squareRoot()
  }

  /// The optimiser's memory as tensors named `NAME.MOMENT`.
  var moments: Weights {
    get {
      Weights(
        keys().map { key in
          (
            name: key.name,
            tensor: Tensor(uninitialized: targets[key.target].shape) { buffer in
              guard let base = buffer.baseAddress else { return }
              base.update(
                from: memory.address(target: key.target, row: key.row), count: buffer.count)
            }
          )
        })
    }
    set {
      for key in keys() {
        guard let tensor = newValue[key.name], tensor.shape == targets[key.target].shape
        else { continue }
        tensor.withUnsafeBufferPointer { buffer in
          guard let base = buffer.baseAddress else { return }
          memory.address(target: key.target, row: key.row).update(from: base, count: buffer.count)
        }
      }
    }
  }

  private func keys() -> [(name: String, target: Int, row: Int)] {
    targets.enumerated().flatMap { position, target in
      optimizer.momentNames.enumerated().map { row, moment in
        (name: "\(target.name).\(moment)", target: position, row: row)
      }
    }
  }
}

/// The optimiser's rows of memory for all parameters, starting at zero.
private final class MomentMemory {
  private let base: UnsafeMutablePointer<Float>
  private let offsets: [Int]
  private let counts: [Int]

  init(counts: [Int], rows: Int) {
    // Whole cache lines, so that tasks of different parameters do not disturb each other.
    self.counts = counts.map { ($0 + 15) / 16 * 16 }
    var offsets: [Int] = []
    var used = 0
    for count in self.counts {
      offsets.append(used)
      used += count * rows
    }
    self.offsets = offsets
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(used, 1) * 4, alignment: 64)
    base = raw.bindMemory(to: Float.self, capacity: max(used, 1))
    base.initialize(repeating: 0, count: max(used, 1))
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }

  func address(target: Int, row: Int) -> UnsafeMutablePointer<Float> {
    base + offsets[target] + counts[target] * row
  }
}
