internal import CConvNetKernels
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A row of phases of tasks that a ``ThreadPool`` runs.
///
/// A run allocates nothing, in debug builds either: counted ranges, because `enumerated()` and the
/// like box their elements there.
///
/// How a phase is cut into tasks is fixed when the program is made and never depends on the number of
/// threads: that is what makes results the same bits at any thread count.
final class Program: @unchecked Sendable {
  /// Runs one task of one phase on a thread (0 is the caller).
  typealias Body = (_ phase: Int, _ task: Int, _ thread: Int) -> Void

  private let taskCounts: [Int]
  private let body: Body
  /// Whether more than one thread can be of use.
  let isParallel: Bool
  // Per phase: epoch << 32 | next task, and the number of finished tasks. They are only touched
  // through atomic operations. A worker that comes late finds another epoch and leaves.
  private let next: UnsafeMutablePointer<Atomic<UInt64>>
  private let finished: UnsafeMutablePointer<Atomic<Int>>

  /// A program of phases with so many tasks each.
  ///
  /// `body` is called from several threads at once for different tasks of the same phase.
  init(taskCounts: [Int], body: @escaping Body) {
    self.taskCounts = taskCounts
    self.body = body
    isParallel = taskCounts.contains { $0 > 1 }
    next = .allocate(capacity: max(1, taskCounts.count))
    finished = .allocate(capacity: max(1, taskCounts.count))
    for phase in taskCounts.indices {
      (next + phase).initialize(to: Atomic(0))
      (finished + phase).initialize(to: Atomic(0))
    }
  }

  deinit {
    next.deinitialize(count: taskCounts.count)
    finished.deinitialize(count: taskCounts.count)
    next.deallocate()
    finished.deallocate()
  }

  /// Does everything on the calling thread.
  func runAlone() {
    for phase in 0..<taskCounts.count {
      for task in 0..<taskCounts[phase] { body(phase, task, 0) }
    }
  }

  /// Makes the counters ready for a run; no thread works on the program now.
  func prepare(epoch: UInt32) {
    for phase in taskCounts.indices {
      finished[phase].store(0, ordering: .relaxed)
      next[phase].store(UInt64(epoch) << 32, ordering: .releasing)
    }
  }

  /// Takes tasks until the program is finished or, for a worker, `isCurrent` says it is over.
  func takePart(thread: Int, epoch: UInt32, isCurrent: () -> Bool) {
    for phase in 0..<taskCounts.count {
      let count = taskCounts[phase]
      while let task = takeTask(phase: phase, count: count, epoch: epoch) {
        body(phase, task, thread)
        finished[phase].add(1, ordering: .acquiringAndReleasing)
      }
      var spins = 0
      while finished[phase].load(ordering: .acquiring) != count {
        guard isCurrent() else { return }
        spins += 1
        if spins < 2_000 {
          cn_spin_hint()
        } else {
          // The thread that holds the last task may need this core.
          sched_yield()
        }
      }
      guard isCurrent() else { return }
    }
  }

  private func takeTask(phase: Int, count: Int, epoch: UInt32) -> Int? {
    var word = next[phase].load(ordering: .acquiring)
    while true {
      guard UInt32(truncatingIfNeeded: word >> 32) == epoch else { return nil }
      let task = Int(UInt32(truncatingIfNeeded: word))
      guard task < count else { return nil }
      let (exchanged, original) = next[phase].compareExchange(
        expected: word, desired: word + 1, ordering: .acquiringAndReleasing)
      if exchanged { return task }
      word = original
    }
  }
}
