extension Graph {
  /// The graph of a module for one image: `input` is `[C, H, W]`, the batch is 1.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidNetwork` naming the layer, both shapes and a fix.
  public init(_ module: some Module, input: Shape) throws(ConvNetError) {
    let batched = Shape([1] + input.dimensions)
    _ = try Shape(validating: batched.dimensions)
    let builder = GraphBuilder(root: module)
    let value = builder.input(batched)
    self = try builder.finish([module(value)])
  }

  /// The graph of a function for inputs of the given shapes, batch included.
  public init(
    inputs shapes: [Shape], _ trace: ([Value]) -> [Value]
  ) throws(ConvNetError) {
    for shape in shapes { _ = try Shape(validating: shape.dimensions) }
    let builder = GraphBuilder(continuing: Graph())
    let values = shapes.enumerated().map { position, shape in
      builder.input(shape, name: shapes.count == 1 ? "input" : "input\(position)")
    }
    self = try builder.finish(trace(values))
  }

  /// The graph of a function of one input, batch included.
  public init(input shape: Shape, _ trace: (Value) -> Value) throws(ConvNetError) {
    try self.init(inputs: [shape]) { [trace($0[0])] }
  }
}
