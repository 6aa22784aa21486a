/// Independent tasks that are run again and again on a pool of threads: optimiser updates, the filling
/// of batches.
///
/// It is made once; a run allocates nothing. How the work is cut into tasks must not depend on the
/// number of threads.
public final class ParallelTasks {
  private let program: Program
  private let pool: ThreadPool

  /// Tasks for so many threads; `body` is called from several threads at once for different tasks.
  public init(tasks: Int, threads: Int, _ body: @escaping (_ task: Int) -> Void) {
    program = Program(taskCounts: [max(0, tasks)]) { _, task, _ in body(task) }
    pool = ThreadPool.shared(threads: max(1, threads))
  }

  /// Runs every task once and returns when all are done.
  public func run() { pool.run(program) }
}
