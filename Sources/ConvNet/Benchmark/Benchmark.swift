public import ConvNetGraph

/// How fast a network runs for one batch size and one number of threads.
public struct Benchmark: Hashable, Sendable, Codable {
  /// How long a run takes, in milliseconds: a share of the runs took no longer.
  public struct Latency: Hashable, Sendable, Codable {
    /// The runs that were timed.
    public var runs: Int
    /// Half of them.
    public var median: Double
    /// One in ten.
    public var p10: Double
    /// Nine in ten.
    public var p90: Double
    /// Ninety-nine in a hundred.
    public var p99: Double

    /// Of the milliseconds of each run; at least one.
    init(_ times: [Double]) {
      let sorted = times.sorted()
      func quantile(_ share: Double) -> Double {
        sorted.isEmpty ? 0 : sorted[Int((share * Double(sorted.count - 1)).rounded())]
      }
      runs = sorted.count
      (median, p10, p90, p99) = (quantile(0.5), quantile(0.1), quantile(0.9), quantile(0.99))
    }
  }

  /// What one step of the plan takes.
  public struct Layer: Hashable, Sendable, Codable {
    /// The layer's path, or what the planner put in: a change of layout.
    public var name: String
    /// What runs.
    public var kernel: String
    /// The median of its times, run alone, in milliseconds.
    public var milliseconds: Double
    /// Its part of the sum of all steps, in 0...1.
    public var share: Double
    /// The multiply-adds of the definition; Winograd needs fewer.
    public var multiplyAdds: Int
    /// Two operations per multiply-add of the definition, in billions per second.
    public var gigaflops: Double
    /// The same as a part of the machine's peak; Winograd may exceed 1.
    public var peakShare: Double
  }

  /// The architecture's name.
  public var network: String
  /// One input without the batch.
  public var input: Shape
  /// What was timed.
  public var work: BenchmarkOptions.Work
  /// The pictures of a run.
  public var batch: Int
  /// The threads.
  public var threads: Int
  /// The instruction set of the kernels.
  public var instructionSet: String
  /// The times of whole runs.
  public var latency: Latency
  /// Pictures per second at the median.
  public var imagesPerSecond: Double
  /// The most memory that the process had while this was measured, in bytes.
  public var peakMemory: Int
  /// The memory of intermediate results as planned, in bytes.
  public var arena: Int
  /// The measured multiply-adds of the machine in registers, two operations each, in billions per
  /// second.
  public var peakGigaflops: Double
  /// The steps in the order in which they run.
  public var layers: [Layer]

  /// The multiply-adds of the definition, all layers together.
  public var multiplyAdds: Int { layers.reduce(0) { $0 + $1.multiplyAdds } }
  /// Two operations per multiply-add of the definition, in billions per second, for the whole run.
  public var gigaflops: Double { 2e-6 * Double(multiplyAdds) / max(latency.median, 1e-9) }
}

extension Benchmark {
  /// Whether two measurements are of the same thing, so that their times can be compared.
  public func isComparable(to other: Benchmark) -> Bool {
    (network, input, work) == (other.network, other.input, other.work)
      && (batch, threads) == (other.batch, other.threads)
  }

  /// How much longer a run takes than in an earlier measurement: 1.1 is ten percent longer.
  public func slowdown(against earlier: Benchmark) -> Double {
    latency.median / max(earlier.latency.median, 1e-9)
  }
}
