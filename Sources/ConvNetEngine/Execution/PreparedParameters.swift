public import ConvNetGraph

/// The parameters of a plan in memory, with everything that is computed from them once.
///
/// Many executors of the same inference plan share one. For training it owns copies, which the
/// optimiser and the running statistics change.
public final class PreparedParameters: @unchecked Sendable {
  // `@unchecked`: for inference nothing is written after the initialiser; for training one executor
  // owns it.
  let plan: Plan
  /// The address of each parameter and prepared buffer, by buffer number.
  let addresses: [Int: UnsafeMutablePointer<Float>]

  /// The pages of parameters that lie in a mapped file, by buffer number.
  let pages: [Int: MappedPages]

  private let tensors: [Tensor]
  private let memory: AlignedMemory

  /// Places a plan's parameters.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` for a missing tensor or a wrong shape; all
  ///   are named at once.
  public init(_ plan: Plan, weights: Weights) throws(ConvNetError) {
    self.plan = plan
    tensors = try plan.graph.matching(weights)
    var sizes: [(buffer: Int, bytes: Int)] = []
    for (index, buffer) in plan.buffers.enumerated() {
      switch buffer.kind {
      case .prepared: sizes.append((index, buffer.bytes))
      case .parameter where plan.purpose == .training: sizes.append((index, buffer.bytes))
      default: break
      }
    }
    memory = AlignedMemory(bytes: sizes.reduce(0) { $0 + $1.bytes })
    var addresses: [Int: UnsafeMutablePointer<Float>] = [:]
    var used = 0
    for (index, bytes) in sizes {
      addresses[index] = memory.base + used / 4
      used += bytes
    }
    for (buffer, tensor) in zip(plan.parameters, tensors) {
      if let own = addresses[buffer.index] {
        own.update(from: tensor.address, count: tensor.count)
      } else {
        addresses[buffer.index] = tensor.address
      }
    }
    self.addresses = addresses
    let positions = Dictionary(
      zip(plan.parameters, tensors).map { ($0.index, $1) }, uniquingKeysWith: { first, _ in first })
    pages = positions.compactMapValues(MappedPages.init)
    if !plan.preparation.isEmpty { prepare() }
    if plan.options.expectedRuns != 1 { releasePages() }
  }

  /// Computes what is computed once.
  private func prepare() {
    let workshop = AlignedMemory(bytes: plan.preparingBytes)
    StepRunner(
      steps: plan.preparation,
      addresses: plan.buffers.indices.map { index in
        addresses[index] ?? workshop.base + (plan.preparingOffsets[index] ?? 0) / 4
      },
      threadScratch: plan.threadScratch, threads: plan.threads
    ).run()
  }

  /// What has been copied or packed, and is not read by the runs, need not stay in memory twice.
  private func releasePages() {
    let read = Set(plan.steps.flatMap { $0.reads.map(\.index) })
    for (index, part) in pages where plan.purpose == .training || !read.contains(index) {
      part.release()
    }
  }
}

extension Graph {
  /// The tensors of the parameters in the slots' order.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` that lists everything missing or wrongly
  ///   shaped.
  public func matching(_ weights: Weights) throws(ConvNetError) -> [Tensor] {
    var problems: [String] = []
    var tensors: [Tensor] = []
    for slot in parameters {
      guard let tensor = weights[slot.name] else {
        problems.append("'\(slot.name)' \(slot.shape) is missing")
        continue
      }
      if tensor.shape != slot.shape {
        problems.append("'\(slot.name)' is \(tensor.shape), expected \(slot.shape)")
      }
      tensors.append(tensor)
    }
    guard problems.isEmpty else {
      throw ConvNetError(
        .invalidArgument, "the weights do not fit the network: \(problems.count) problems",
        reason: problems.joined(separator: "; "))
    }
    return tensors
  }
}
