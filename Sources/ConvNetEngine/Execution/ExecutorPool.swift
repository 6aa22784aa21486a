public import ConvNetGraph
internal import Synchronization

/// A few executors of one inference plan that many tasks share.
///
/// A task that finds all of them busy waits in line without occupying a thread; a cancelled task
/// leaves the line at once.
public final class ExecutorPool: Sendable {
  /// The plan that is run.
  public let plan: Plan
  private let parameters: PreparedParameters
  private let limit: Int
  private let state = Mutex(State())

  private struct State {
    var idle: [Lease] = []
    var made = 0
    var waiting: [(ticket: UInt64, continuation: CheckedContinuation<Lease?, Never>)] = []
    /// Tickets that were cancelled before they came into the line.
    var cancelled: Set<UInt64> = []
    var tickets: UInt64 = 0
  }

  /// An executor on its way from task to task.
  ///
  /// `@unchecked Sendable`: the pool gives it to one task at a time.
  private struct Lease: @unchecked Sendable {
    let executor: Executor
  }

  /// A pool; executors are made when first needed.
  ///
  /// - Parameters:
  ///   - plan: an inference plan.
  ///   - weights: the parameters.
  ///   - limit: the most executors; more than the cores are of no use.
  /// - Throws: ``ConvNetError`` where the weights do not fit.
  public init(_ plan: Plan, weights: Weights, limit: Int) throws(ConvNetError) {
    self.plan = plan
    self.parameters = try PreparedParameters(plan, weights: weights)
    self.limit = max(1, limit)
  }

  /// Runs a closure with an executor that no other task uses meanwhile.
  ///
  /// It leaves the caller's actor: the work runs on the threads of Swift's tasks.
  ///
  /// - Throws: ``ConvNetError`` of kind `cancelled` where the task is cancelled while it waits, or
  ///   what the closure throws.
  @concurrent
  public func withExecutor<Result: Sendable>(
    _ body: @Sendable (Executor) throws(ConvNetError) -> Result
  ) async throws(ConvNetError) -> Result {
    guard let lease = await take() else {
      throw ConvNetError(.cancelled, "the prediction was cancelled")
    }
    defer { giveBack(lease) }
    return try body(lease.executor)
  }

  private enum Turn {
    case ready(Lease)
    case make
    case wait
  }

  private func take() async -> Lease? {
    let ticket = state.withLock { state in
      state.tickets += 1
      return state.tickets
    }
    // A cancellation that came after the turn has left its mark.
    defer { state.withLock { _ = $0.cancelled.remove(ticket) } }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let turn: Turn? = state.withLock { state in
          if state.cancelled.remove(ticket) != nil { return nil }
          if let lease = state.idle.popLast() { return .ready(lease) }
          if state.made < limit {
            state.made += 1
            return .make
          }
          state.waiting.append((ticket, continuation))
          return .wait
        }
        switch turn {
        case nil: continuation.resume(returning: nil)
        case .ready(let lease): continuation.resume(returning: lease)
        case .make:
          continuation.resume(
            returning: Lease(executor: Executor(plan, parameters: parameters)))
        case .wait: break
        }
      }
    } onCancel: {
      let continuation = state.withLock { state -> CheckedContinuation<Lease?, Never>? in
        guard let place = state.waiting.firstIndex(where: { $0.ticket == ticket }) else {
          state.cancelled.insert(ticket)
          return nil
        }
        return state.waiting.remove(at: place).continuation
      }
      continuation?.resume(returning: nil)
    }
  }

  private func giveBack(_ lease: Lease) {
    let next = state.withLock { state -> CheckedContinuation<Lease?, Never>? in
      guard !state.waiting.isEmpty else {
        state.idle.append(lease)
        return nil
      }
      return state.waiting.removeFirst().continuation
    }
    next?.resume(returning: lease)
  }
}
