/// A comparison of the gradient that a graph's operations express with central finite differences,
/// in Float64.
///
/// The graph's outputs are projected on random numbers and added up to one loss, so that one
/// backward pass checks everything at once. For each number v of each target,
///
///     gradient  against  (loss(v + h) - loss(v - h)) / 2h
///
/// ```swift
/// let finding = try GradientCheck(graph).run()
/// print(finding.largestRelativeError)   // about 1e-9 where the gradient is right
/// ```
/// Source: Griewank and Walther, "Evaluating derivatives" (2008); PyTorch's `gradcheck`.
public struct GradientCheck: Sendable {
  /// The graph that is checked.
  public let graph: Graph
  /// The numbers of the graph's inputs; normally distributed unless given.
  public var inputs: [ReferenceArray<Double>]
  /// The numbers of the parameters: normally distributed, running statistics in 0.5..<1.5, constants
  /// as they are, unless given.
  public var parameters: [ReferenceArray<Double>]
  /// The values whose gradients are checked: unless given, all inputs (not random keys) and all
  /// trained parameters.
  public var targets: [ValueID]
  /// The step h.
  public var step = 1e-5
  private let seed: UInt64

  /// The worst disagreement of a check.
  public struct Finding: Sendable {
    /// The largest difference relative to the gradient; infinite where something is not a number.
    public var largestRelativeError: Double
    /// Where it is, with both numbers.
    public var place: String
  }

  /// A check of all inputs and parameters at random numbers.
  public init(_ graph: Graph, seed: UInt64 = 1) {
    self.graph = graph
    self.seed = seed
    inputs = graph.inputs.map { id in
      GradientCheck.random(graph.shape(id), seed: seed, stream: "input \(id.index)")
    }
    parameters = graph.parameters.map { slot in
      switch slot.role {
      case .trained: GradientCheck.random(slot.shape, seed: seed, stream: slot.name)
      case .tracked: GradientCheck.positive(slot.shape, seed: seed, stream: slot.name)
      case .constant:
        ReferenceArray(
          slot.initializer.tensor(shape: slot.shape, name: slot.name, seed: seed))
      }
    }
    let inputTargets = graph.inputs.filter { $0 != graph.randomKeyInput }
    let parameterTargets = graph.parameters.filter { $0.role == .trained }.map(\.value)
    targets = inputTargets + parameterTargets
  }

  /// Normally distributed numbers that depend on the seed and the stream only.
  public static func random(_ shape: Shape, seed: UInt64, stream: String) -> ReferenceArray<Double>
  {
    let random = CounterRandom(seed: seed, stream: stream)
    return ReferenceArray(shape, (0..<shape.count).map { random.normal(at: UInt64($0)) })
  }

  /// Numbers in 0.5..<1.5 that depend on the seed and the stream only.
  public static func positive(
    _ shape: Shape, seed: UInt64, stream: String
  ) -> ReferenceArray<Double> {
    let random = CounterRandom(seed: seed, stream: stream)
    return ReferenceArray(shape, (0..<shape.count).map { 0.5 + random.uniform(at: UInt64($0)) })
  }

  /// Compares every gradient.
  ///
  /// A difference is relative to the larger of the two numbers, but at least to a thousandth of the
  /// largest gradient of the graph: where the true gradient is 0, rounding is all that is left.
  ///
  /// - Throws: ``ConvNetError`` where the graph cannot be differentiated or run.
  public func run() throws(ConvNetError) -> Finding {
    let projected = try projectedGraph()
    let loss = projected.outputs[0]
    let (graph, gradientValues) = try projected.differentiated(loss, withRespectTo: targets)
    let values = try ReferenceExecutor<Double>(graph).allValues(
      parameters: parameters, inputs: inputs)
    let gradients = gradientValues.map { values[$0.index].elements }
    let differences = try targets.map { target throws(ConvNetError) in
      try finiteDifferences(of: projected, target: target)
    }
    let floor = 1e-3 * (gradients + differences).joined().reduce(0) { max($0, $1.magnitude) }
    var finding = Finding(largestRelativeError: 0, place: "no difference")
    for (target, (own, numeric)) in zip(targets, zip(gradients, differences)) {
      for (index, (a, n)) in zip(own, numeric).enumerated() {
        let scale = max(a.magnitude, n.magnitude, floor)
        guard a != n else { continue }
        let error = a.isFinite && n.isFinite ? (a - n).magnitude / scale : .infinity
        guard error > finding.largestRelativeError else { continue }
        finding = Finding(
          largestRelativeError: error,
          place: "\(self.graph.values[target.index].name), element \(index): gradient \(a), "
            + "finite difference \(n)")
      }
    }
    return finding
  }

  /// The graph with the projection of all its outputs as its one output.
  private func projectedGraph() throws(ConvNetError) -> Graph {
    let builder = GraphBuilder(continuing: graph)
    let parts = graph.outputs.enumerated().map { position, output in
      let projection = RandomProjection(seed: seed &+ UInt64(position))
      return builder.value(output).applying(projection)
    }
    let loss = parts.dropFirst().reduce(parts[0]) { $0 + $1 }
    return try builder.finish([loss])
  }

  private func finiteDifferences(
    of graph: Graph, target: ValueID
  ) throws(ConvNetError) -> [Double] {
    let executor = ReferenceExecutor<Double>(graph)
    var (parameters, inputs) = (parameters, inputs)
    let parameter = graph.parameters.firstIndex { $0.value == target }
    let input = graph.inputs.firstIndex(of: target)
    func loss(_ index: Int, moved by: Double) throws(ConvNetError) -> Double {
      if let parameter { parameters[parameter].elements[index] += by }
      if let input { inputs[input].elements[index] += by }
      return try executor.run(parameters: parameters, inputs: inputs)[0].elements[0]
    }
    guard parameter != nil || input != nil else {
      throw ConvNetError(
        .invalidArgument, "'\(graph.values[target.index].name)' cannot be moved",
        reason: "only inputs and parameters have a finite difference")
    }
    let kept = (parameters, inputs)
    var differences: [Double] = []
    for index in 0..<graph.shape(target).count {
      let above = try loss(index, moved: step)
      (parameters, inputs) = kept
      let below = try loss(index, moved: -step)
      (parameters, inputs) = kept
      differences.append((above - below) / (2 * step))
    }
    return differences
  }
}

/// The sum of a value's numbers, each times a random number of its own: a loss that every output
/// number leaves a trace in.
struct RandomProjection: Operation {
  static let name = "RandomProjection"
  var seed: UInt64

  func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    return [[]]
  }

  func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let sum = zip(inputs[0].elements, factors(inputs[0].shape.count)).reduce(Scalar(0)) {
      $0 + $1.0 * $1.1
    }
    return [ReferenceArray(outputs[0], [sum])]
  }

  func gradient(_ context: GradientContext) -> [Value?] {
    [
      context.outputGradient.applying(
        RandomProjectionGradient(projection: self, shape: context.inputs[0].shape))
    ]
  }

  func factors<Scalar: ReferenceScalar>(_ count: Int) -> [Scalar] {
    let random = CounterRandom(seed: seed, stream: Self.name)
    return (0..<count).map { Scalar(random.normal(at: UInt64($0))) }
  }
}

/// The random numbers of a projection times the gradient that arrived.
struct RandomProjectionGradient: GradientOperation {
  static let name = "RandomProjectionGradient"
  var projection: RandomProjection
  var shape: Shape

  func outputShapes(for inputs: [Shape]) throws(ConvNetError) -> [Shape] {
    try Arity.check(inputs, Self.name, 1...1)
    return [shape]
  }

  func reference<Scalar: ReferenceScalar>(
    _ inputs: [ReferenceArray<Scalar>], outputs: [Shape]
  ) -> [ReferenceArray<Scalar>] {
    let factors: [Scalar] = projection.factors(shape.count)
    return [ReferenceArray(shape, factors.map { $0 * inputs[0].elements[0] })]
  }
}
