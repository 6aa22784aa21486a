/// A kernel made of phases that each work through a row of items in pieces.
///
/// Most kernels that are no convolution are of this kind: planes, rows, numbers. The pieces' length
/// depends on the item's size only, never on the threads.
struct RangeKernel: Kernel {
  /// One phase: so many items, in pieces of `grain`.
  struct Phase: Sendable {
    let items: Int
    let grain: Int
    let body: @Sendable (Range<Int>, KernelMemory) -> Void

    /// A phase whose pieces are about as much work as `elementsPerItem` allows.
    init(
      items: Int, elementsPerItem: Int,
      _ body: @escaping @Sendable (Range<Int>, KernelMemory) -> Void
    ) {
      self.items = items
      self.grain = max(1, Phase.elementsPerTask / max(1, elementsPerItem))
      self.body = body
    }

    /// 64 KiB of numbers: some microseconds, so that handing out tasks costs nothing beside them.
    private static let elementsPerTask = 1 << 14

    var tasks: Int { (items + grain - 1) / grain }
  }

  let summary: String
  let phases: [Phase]

  init(_ summary: String, _ phases: Phase...) {
    self.summary = summary
    self.phases = phases
  }

  var taskCounts: [Int] { phases.map(\.tasks) }

  func run(phase: Int, task: Int, _ memory: KernelMemory) {
    let work = phases[phase]
    let start = task * work.grain
    work.body(start..<min(start + work.grain, work.items), memory)
  }
}
