/// One edge of the network while `forward` runs: it knows its shape, not its numbers.
///
/// A value cannot leave the function that traces it. After the first mistake values go on without
/// effect, so that `forward` needs no `try`; the mistake is thrown by what started the trace.
public struct Value {
  let builder: GraphBuilder
  package let id: ValueID?

  /// The sizes, `[B, C, H, W]` for images; after a mistake, ones.
  public var shape: Shape {
    guard let id else { return Value.unknownShape }
    return builder.graph.shape(id)
  }

  // Ones in every dimension: code that reads a size after a mistake still finds one.
  private static let unknownShape = Shape([Int](repeating: 1, count: Shape.maximumRank))
}

@available(*, unavailable)
extension Value: Sendable {}

extension Value {
  /// The value of a parameter of the layer that is being traced.
  public func parameter(_ parameter: Parameter) -> Value { builder.parameter(parameter) }

  /// A value that holds fixed numbers.
  public func constant(_ tensor: Tensor) -> Value { builder.constant(tensor) }

  /// Applies an operation to this and other values; the result is its first output.
  public func applying(_ operation: some Operation, _ others: Value...) -> Value {
    builder.apply(operation, [self] + others)[0]
  }

  /// Applies an operation to values of which the first decides the graph; all outputs.
  public static func apply(_ operation: some Operation, to values: [Value]) -> [Value] {
    values[0].builder.apply(operation, values)
  }

  /// Stops the network with a mistake, unless an earlier one is known.
  public func failing(_ error: ConvNetError) -> Value {
    builder.fail(error.at(builder.currentPath))
    return Value(builder: builder, id: nil)
  }
}
