import ConvNetGraph
import Testing

/// A small graph whose gradients are compared with finite differences.
struct GradientCase: Sendable, CustomTestStringConvertible {
  /// The operation that the case is for; its graph holds a node of this name.
  let operation: String
  /// What is special about it.
  let title: String
  /// Traces the graph.
  let graph: @Sendable () throws -> Graph
  /// Changes the check: other numbers for an input, fewer targets.
  let prepare: @Sendable (inout GradientCheck) -> Void

  init(
    _ operation: any ConvNetGraph.Operation.Type, _ title: String,
    prepare: @escaping @Sendable (inout GradientCheck) -> Void = { _ in },
    _ graph: @escaping @Sendable () throws -> Graph
  ) {
    self.operation = operation.name
    self.title = title
    self.prepare = prepare
    self.graph = graph
  }

  /// A case of one layer on one image batch; layers draw their parameters from the check.
  init(
    _ operation: any ConvNetGraph.Operation.Type, _ title: String, input: Shape,
    layer: some Module
  ) {
    self.init(operation, title) {
      try Graph(layer, input: Shape(Array(input.dimensions.dropFirst()))).reshaped(batch: input[0])
    }
  }

  var testDescription: String { "\(operation): \(title)" }

  /// All cases; each topic has its own file.
  static let all: [GradientCase] = [
    convolution, elementwise, linear, normalisation, pooling,
    activations, arithmetic, losses, shapes, images, picking,
  ].flatMap { $0 }
}
