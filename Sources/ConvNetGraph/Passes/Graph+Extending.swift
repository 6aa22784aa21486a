extension Graph {
  /// The graph with further nodes behind its outputs: a loss, a softmax, a second head.
  ///
  /// - Parameters:
  ///   - inputs: further inputs, batch included; they follow the graph's own.
  ///   - trace: makes the new outputs from the old ones and the new inputs.
  /// - Throws: ``ConvNetError`` of kind `invalidNetwork` where a node does not fit.
  public func extended(
    inputs: [(name: String, shape: Shape)] = [],
    _ trace: (_ outputs: [Value], _ inputs: [Value]) -> [Value]
  ) throws(ConvNetError) -> Graph {
    for input in inputs { _ = try Shape(validating: input.shape.dimensions) }
    let builder = GraphBuilder(continuing: self)
    let added = inputs.map { builder.input($0.shape, name: $0.name) }
    return try builder.finish(trace(outputs.map(builder.value), added))
  }
}
