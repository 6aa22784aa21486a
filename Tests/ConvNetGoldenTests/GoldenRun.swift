import ConvNetFormats
import ConvNetGraph

/// One case through one executor.
struct GoldenRun {
  /// The largest difference, as a share of what is allowed.
  private(set) var worst: (share: Double, name: String) = (0, "")
  /// What is wrong; empty where everything is met.
  private(set) var problems: [String] = []

  /// Traces the case's operation, differentiates it, runs it and compares every recorded result.
  ///
  /// - Throws: ``Unsupported`` where the operation or an option is not there.
  init(_ item: GoldenSet.Case, of set: GoldenSet, by executor: GoldenExecutor) throws {
    let inputs = try item.inputs.map { ReferenceArray<Double>(try set.tensor($0.tensor)) }
    let (graph, names) = try GoldenRun.graph(item, shapes: inputs.map(\.shape))
    let results = try executor.run(graph, inputs)
    var byName: [String: ReferenceArray<Double>] = [:]
    for (name, result) in zip(names, results) { byName[name] = result }
    // Statistics that the case does not change are what they were.
    for (input, array) in zip(item.inputs, inputs) where byName["\(input.name)_after"] == nil {
      byName["\(input.name)_after"] = array
    }
    for expectation in item.expected {
      guard let result = byName[expectation.name] else {
        throw Unsupported(reason: "result \(expectation.name)")
      }
      compare(
        result, try set.tensor(expectation.tensor), expectation,
        tolerance: executor.tolerance(expectation))
    }
  }

  /// The graph of a case with a name for each of its outputs.
  private static func graph(
    _ item: GoldenSet.Case, shapes: [Shape]
  ) throws -> (graph: Graph, names: [String]) {
    guard let trace = GoldenOperations.trace(item.operation) else {
      throw Unsupported(reason: "operation \(item.operation)")
    }
    var names: [String] = []
    var problem: (any Error)?
    let traced = try Graph(inputs: shapes) { values in
      let byName = Dictionary(uniqueKeysWithValues: zip(item.inputs.map(\.name), values))
      let arguments = GoldenArguments(item, byName)
      do {
        let outputs = try trace(arguments).sorted { $0.key > $1.key }
        try arguments.checkAllUsed()
        names = outputs.map(\.key)
        // The first output is y; the sum of y * gout has the gradient that was recorded.
        let loss = byName["gout"].map { F.sum(outputs[0].value * $0) } ?? outputs[0].value
        return outputs.map(\.value) + [loss]
      } catch {
        problem = error
        return values
      }
    }
    if let problem { throw problem }
    names.append("loss")

    let isTraining = item.parameters["training"]?.bool ?? false
    let form = isTraining ? try traced.trainingForm() : traced
    let targets = item.inputs.indices.filter { position in
      item.expected.contains { $0.name == "grad.\(item.inputs[position].name)" }
    }
    var (graph, _) = try form.differentiated(
      form.outputs[names.count - 1], withRespectTo: targets.map { form.inputs[$0] })
    names += targets.map { "grad.\(item.inputs[$0].name)" }
    // New running statistics become outputs, so that an executor has only those to return.
    for update in graph.stateUpdates {
      guard let input = graph.inputs.firstIndex(of: update.parameter) else { continue }
      graph.outputs.append(update.newValue)
      names.append("\(item.inputs[input].name)_after")
    }
    graph.stateUpdates = []
    return (graph, names)
  }

  private mutating func compare(
    _ result: ReferenceArray<Double>, _ expected: Tensor, _ expectation: GoldenSet.Expectation,
    tolerance: Double
  ) {
    guard result.shape == expectation.shape else {
      problems.append(
        "\(expectation.name): shape \(result.shape), expected \(expectation.shape)")
      return
    }
    var largest: (difference: Double, index: Int) = (0, 0)
    for (index, (a, e)) in zip(result.elements, expected.elements.map(Double.init)).enumerated()
    where a != e && !(a.isNaN && e.isNaN) {
      let difference = (a - e).magnitude
      if !(difference <= largest.difference) {
        largest = (difference.isNaN ? .infinity : difference, index)
      }
    }
    if largest.difference > tolerance {
      problems.append(
        "\(expectation.name): element \(largest.index) is \(result.elements[largest.index]), "
          + "expected \(expected.elements[largest.index]), tolerance \(tolerance)")
    }
    let share = largest.difference == 0 ? 0 : largest.difference / tolerance
    if share > worst.share { worst = (share, expectation.name) }
  }
}
