internal import CConvNetKernels
internal import Synchronization

/// Threads that stay alive and run programs together with whoever starts one.
///
/// A program is a row of phases; a phase is so many tasks, and the next phase starts when all tasks of
/// the one before are done. Threads join on finished *tasks*, never on threads: a worker that another
/// process has pushed off its core holds nothing up unless it is inside a task, and the caller can do
/// everything alone. Between programs a worker spins for a short while and then sleeps.
///
/// One program runs at a time. A caller that finds the pool busy runs its program alone on its own
/// thread, which is what many concurrent predictors want.
final class ThreadPool: Sendable {
  /// The threads that take part, the caller included.
  let threads: Int

  private let state = Mutex(State())
  /// Increases with every program; a worker compares it with what it has seen.
  private let epoch = Atomic<UInt32>(0)
  private let sleepers = Atomic<Int>(0)
  private let isBusy = Atomic<Bool>(false)
  private let bell = Bell()

  private struct State {
    var program: Program?
    var epoch: UInt32 = 0
  }

  /// A pool of so many threads, the caller included.
  init(threads: Int) {
    self.threads = max(1, threads)
    for index in 1..<max(2, self.threads) where index < self.threads {
      // Without the thread the others do its work.
      SystemThread.start { [self] in work(thread: index) }
    }
  }

  /// Runs a program to its end.
  func run(_ program: Program) {
    guard threads > 1, program.isParallel,
      isBusy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    else {
      program.runAlone()
      return
    }
    let next = epoch.load(ordering: .relaxed) &+ 1
    program.prepare(epoch: next)
    state.withLock { $0 = State(program: program, epoch: next) }
    epoch.store(next, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { bell.ring() }
    program.takePart(thread: 0, epoch: next) { true }
    isBusy.store(false, ordering: .releasing)
  }

  private func work(thread: Int) {
    var seen: UInt32 = 0
    while true {
      waitForProgram(after: seen)
      let current = state.withLock { $0 }
      seen = current.epoch
      current.program?.takePart(thread: thread, epoch: seen) { [self] in
        epoch.load(ordering: .relaxed) == seen
      }
    }
  }

  /// About 100 microseconds of spinning: longer than the gap between the programs of a training loop,
  /// shorter than what another process would miss.
  private static let spins = 4_000

  private func waitForProgram(after seen: UInt32) {
    for _ in 0..<ThreadPool.spins {
      if epoch.load(ordering: .acquiring) != seen { return }
      cn_spin_hint()
    }
    sleepers.add(1, ordering: .sequentiallyConsistent)
    bell.wait { [self] in epoch.load(ordering: .sequentiallyConsistent) != seen }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
  }
}

extension ThreadPool {
  private static let pools = Mutex<[Int: ThreadPool]>([:])

  /// The process's pool of this many threads; made when first asked for.
  static func shared(threads: Int) -> ThreadPool {
    pools.withLock { pools in
      if let pool = pools[threads] { return pool }
      let pool = ThreadPool(threads: threads)
      pools[threads] = pool
      return pool
    }
  }
}
