internal import CConvNetKernels
internal import ConvNetGraph

/// How a graph is to be run.
public struct EngineOptions: Hashable, Sendable {
  /// The algorithms that the planner may choose from.
  public enum Algorithms: String, Hashable, Sendable, CaseIterable {
    /// Whatever is fastest at float32 accuracy, Winograd included.
    case automatic
    /// Only algorithms that add the products of the definition: no Winograd.
    case exactOrder
    /// Only the reference loops: the oracle.
    case reference
  }

  /// The threads to use; the allowed cores where nil.
  public var threads: Int?
  /// The instruction set: `avx512`, `avx2` or `portable`; the environment variable `CONVNET_ISA` and
  /// then the best available where nil.
  public var instructionSet: String?
  /// The algorithms to choose from.
  public var algorithms: Algorithms

  /// Options; by default everything is chosen automatically.
  public init(
    threads: Int? = nil, instructionSet: String? = nil, algorithms: Algorithms = .automatic
  ) {
    self.threads = threads
    self.instructionSet = instructionSet
    self.algorithms = algorithms
  }

  var resolvedThreads: Int { max(1, threads ?? AvailableCores.count) }
}
