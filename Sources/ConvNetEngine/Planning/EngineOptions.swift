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

  /// What the factors of products may be rounded to.
  public enum Precision: String, Hashable, Sendable, CaseIterable {
    /// Nothing is rounded further.
    case float32
    /// Convolutions and linear layers may round what they multiply to bfloat16 (8 bits of precision,
    /// to the nearest, ties to even) where that is faster than float32; sums, weights and all else
    /// stay float32. In training that is mixed precision with float32 master weights. The scores of
    /// a network differ from those in float32 by some 1e-3 to 1e-2 of their size, and by more in deep
    /// networks that amplify small differences.
    case bfloat16
  }

  /// The threads to use; the allowed cores where nil.
  public var threads: Int?
  /// The instruction set: `avx512`, `avx2` or `portable`; the environment variable `CONVNET_ISA` and
  /// then the best available where nil.
  public var instructionSet: String?
  /// The algorithms to choose from.
  public var algorithms: Algorithms
  /// What the factors of products may be rounded to.
  public var precision: Precision
  /// How often a plan will be run, where that is known.
  ///
  /// With 1 nothing is prepared ahead: weights are brought into the kernels' order on the way, layer by
  /// layer in the same memory, and Winograd is taken only where it pays although its weights are
  /// transformed for this one run. That is the fastest way from a file to one answer and needs the
  /// least memory; every further run costs the same again. With any other number, or nil, weights are
  /// prepared once.
  public var expectedRuns: Int?

  /// Options; by default everything is chosen automatically.
  public init(
    threads: Int? = nil, instructionSet: String? = nil, algorithms: Algorithms = .automatic,
    precision: Precision = .float32,
    expectedRuns: Int? = nil
  ) {
    self.threads = threads
    self.instructionSet = instructionSet
    self.algorithms = algorithms
    self.precision = precision
    self.expectedRuns = expectedRuns
  }

  var resolvedThreads: Int { max(1, threads ?? AvailableCores.count) }
}
