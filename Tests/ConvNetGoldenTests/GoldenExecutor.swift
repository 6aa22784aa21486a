import ConvNetEngine
import ConvNetGraph
import Testing

/// What runs the golden cases.
struct GoldenExecutor: Sendable, CustomTestStringConvertible {
  let name: String
  var testDescription: String { name }
  /// How far a number may be from what is expected.
  let tolerance: @Sendable (GoldenSet.Expectation) -> Double
  /// The outputs of a graph for these inputs; the inputs' numbers are Float32 numbers.
  let run: @Sendable (Graph, [ReferenceArray<Double>]) throws -> [ReferenceArray<Double>]

  /// The reference loops in Float64.
  ///
  /// The expected numbers come from a Float64 run but are stored as Float32, which is half a unit
  /// in the last place, 2^-24 of the scale. Another half is for attributes such as epsilon, which
  /// are Float32 here and Float64 in PyTorch.
  static let float64 = GoldenExecutor(
    name: "reference, Float64", tolerance: { ($0.scale ?? 0) * 0x1p-23 },
    run: { graph, inputs in try reference(graph, inputs) })

  /// The reference loops in Float32.
  static let float32 = GoldenExecutor(
    name: "reference, Float32", tolerance: float32Tolerance,
    run: { graph, inputs in
      try reference(graph, inputs.map { ReferenceArray($0.shape, $0.elements.map(Float.init)) })
        .map { ReferenceArray($0.shape, $0.elements.map(Double.init)) }
    })

  /// The engine with algorithms that add the products of the definition.
  static let engine = GoldenExecutor(
    name: "engine, exact order", tolerance: float32Tolerance,
    run: { try engine($0, $1, algorithms: .exactOrder) })

  /// The engine with its fastest algorithms.
  ///
  /// Winograd's transforms of up to 6x6 cells cancel large intermediate numbers, which costs about
  /// five bits more: 2^-16 of the scale.
  static let fastEngine = GoldenExecutor(
    name: "engine", tolerance: { float32Tolerance($0) + ($0.scale ?? 0) * 0x1p-16 },
    run: { try engine($0, $1, algorithms: .automatic) })

  /// PyTorch's own Float32 run is `float32Error` away from the Float64 run.
  ///
  /// Loops that add one number after the other, without PyTorch's blocks, lose some times as much:
  /// eight times is allowed, and eight units in the last place of the scale for results where
  /// PyTorch's error happens to be small.
  private static let float32Tolerance: @Sendable (GoldenSet.Expectation) -> Double = {
    8 * $0.float32Error + ($0.scale ?? 0) * 0x1p-21
  }

  private static func reference<Scalar: ReferenceScalar>(
    _ graph: Graph, _ inputs: [ReferenceArray<Scalar>]
  ) throws -> [ReferenceArray<Scalar>] {
    let parameters = graph.initialWeights(seed: 1).map { ReferenceArray<Scalar>($0.tensor) }
    return try ReferenceExecutor(graph).run(parameters: parameters, inputs: inputs)
  }

  private static func engine(
    _ graph: Graph, _ inputs: [ReferenceArray<Double>], algorithms: EngineOptions.Algorithms
  ) throws -> [ReferenceArray<Double>] {
    let plan = try Plan(
      graph, purpose: .training, options: EngineOptions(algorithms: algorithms))
    let executor = try Executor(plan, weights: graph.initialWeights(seed: 1))
    return try executor.run(inputs.map(\.tensor)).map { ReferenceArray($0) }
  }
}
