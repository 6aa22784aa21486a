internal import CConvNetKernels
public import ConvNetGraph

/// What a processor could do at most: multiply-adds in registers, without memory.
public enum MultiplyAddPeak {
  private static let rounds: Int64 = 40_000

  /// The measured floating-point operations per second of so many threads together.
  ///
  /// A few milliseconds of work; the best of some tries.
  ///
  /// - Parameters:
  ///   - instructionSet: as in ``EngineOptions/instructionSet``.
  ///   - threads: the threads that compute at the same time.
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` for an instruction set that is unknown or
  ///   that this processor lacks.
  public static func measure(
    instructionSet: String? = nil, threads: Int
  ) throws(ConvNetError) -> Double {
    let name = try InstructionSet.table(instructionSet).name
    let threads = max(1, threads)
    let tasks = ParallelTasks(tasks: threads, threads: threads) { _ in
      _ = name.withCString { cn_probe_multiply_adds($0, rounds) }
    }
    let operations = name.withCString { cn_probe_multiply_adds($0, rounds) } * Int64(threads)
    let clock = ContinuousClock()
    let best = (0..<10).map { _ in clock.measure { tasks.run() } }.min() ?? .seconds(1)
    return Double(operations) / max(best / .seconds(1), 1e-9)
  }
}
