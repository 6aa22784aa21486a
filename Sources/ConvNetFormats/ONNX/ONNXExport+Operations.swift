internal import ConvNetGraph

extension ONNXExporter {
  /// Writes a node of the graph; the names of its outputs, or nil where it has no form in ONNX.
  func write(_ node: Graph.Node) -> [String]? {
    let inputs = node.inputs.map(name)
    let shapes = graph.shapes(node.inputs)
    let output = graph.shapes(node.outputs)
    if let result = writeLayer(node.operation, inputs, shapes, output) { return result }
    if let result = writePooling(node, inputs, shapes, output) { return result }
    if let result = writeFunction(node.operation, inputs) { return [result] }
    if let result = writeShape(node.operation, inputs, shapes, output) { return [result] }
    return writePicking(node.operation, inputs)
  }

  // MARK: Layers

  private func pair(_ size: Size2D) -> [Int] { [size.height, size.width] }

  private func padding(_ padding: Padding2D) -> Attribute {
    switch padding {
    case .sameUpper: .text("auto_pad", "SAME_UPPER")
    case .sameLower: .text("auto_pad", "SAME_LOWER")
    case .sides(let top, let bottom, let left, let right):
      .integers("pads", [top, left, bottom, right])
    }
  }

  private func writeLayer(
    _ operation: any Operation, _ inputs: [String], _ shapes: [Shape], _ output: [Shape]
  ) -> [String]? {
    switch operation {
    case let conv as Conv2dOperation:
      return [
        emit(
          "Conv", inputs,
          [
            .integers("kernel_shape", Array(shapes[1].dimensions.suffix(2))),
            .integers("strides", pair(conv.stride)), .integers("dilations", pair(conv.dilation)),
            .integer("group", conv.groups), padding(conv.padding),
          ])
      ]
    case let conv as ConvTranspose2dOperation:
      let size = Size2D(height: output[0][2], width: output[0][3])
      let sides = conv.window(weights: shapes[1]).sides(for: size)
      return [
        emit(
          "ConvTranspose", inputs,
          [
            .integers("kernel_shape", Array(shapes[1].dimensions.suffix(2))),
            .integers("strides", pair(conv.stride)), .integers("dilations", pair(conv.dilation)),
            .integer("group", conv.groups), .integers("output_padding", pair(conv.outputPadding)),
            .integers("pads", [sides.top, sides.left, sides.bottom, sides.right]),
          ])
      ]
    case is LinearOperation:
      if shapes[0].rank == 2 { return [emit("Gemm", inputs, [.integer("transB", 1)])] }
      let transposed = emit("Transpose", [inputs[1]], [.integers("perm", [1, 0])])
      let product = emit("MatMul", [inputs[0], transposed])
      return [inputs.count == 3 ? emit("Add", [product, inputs[2]]) : product]
    case is MatMulOperation: return [emit("MatMul", inputs)]
    case let norm as BatchNorm2dOperation:
      return [
        emit(
          "BatchNormalization", inputs,
          [.float("epsilon", norm.epsilon), .float("momentum", 1 - norm.momentum)])
      ]
    case let norm as GroupNormOperation: return [groupNorm(norm, inputs, shapes)]
    case let norm as LocalResponseNormOperation:
      guard norm.size % 2 == 1 else { return nil }
      return [
        emit(
          "LRN", inputs,
          [
            .integer("size", norm.size), .float("alpha", norm.alpha), .float("beta", norm.beta),
            .float("bias", norm.k),
          ])
      ]
    case let dropout as DropoutOperation:
      return [emit("Dropout", [inputs[0], number(dropout.probability)])]
    default: return nil
    }
  }

  /// Groups are the channels of an instance normalisation; scale and shift per channel follow.
  private func groupNorm(
    _ norm: GroupNormOperation, _ inputs: [String], _ shapes: [Shape]
  ) -> String {
    let channels = shapes[0][1]
    let parts = emit("Reshape", [inputs[0], integers([0, norm.groups, -1])])
    let normalised = emit(
      "InstanceNormalization",
      [
        parts, floats([norm.groups], [Float](repeating: 1, count: norm.groups)),
        floats([norm.groups], [Float](repeating: 0, count: norm.groups)),
      ], [.float("epsilon", norm.epsilon)])
    let back = emit(
      "Reshape", [normalised, integers([0] + shapes[0].dimensions.dropFirst())])
    guard inputs.count == 3 else { return back }
    let column = integers(
      [1, channels] + [Int](repeating: 1, count: shapes[0].rank - 2))
    let scaled = emit("Mul", [back, emit("Reshape", [inputs[1], column])])
    return emit("Add", [scaled, emit("Reshape", [inputs[2], column])])
  }

  // MARK: Pooling

  private func writePooling(
    _ node: Graph.Node, _ inputs: [String], _ shapes: [Shape], _ output: [Shape]
  ) -> [String]? {
    switch node.operation {
    case let pool as MaxPool2dOperation:
      return maxPool(
        node, inputs, shapes,
        [
          .integers("kernel_shape", pair(pool.kernelSize)), .integers("strides", pair(pool.stride)),
          .integers("dilations", pair(pool.dilation)), padding(pool.padding),
          .integer("ceil_mode", pool.ceilMode ? 1 : 0),
        ])
    case let pool as AvgPool2dOperation:
      let mean = emit(
        "AveragePool", inputs,
        [
          .integers("kernel_shape", pair(pool.kernelSize)), .integers("strides", pair(pool.stride)),
          padding(pool.padding), .integer("ceil_mode", pool.ceilMode ? 1 : 0),
          .integer(
            "count_include_pad", pool.countIncludePad || pool.divisorOverride != nil ? 1 : 0),
        ])
      guard let divisor = pool.divisorOverride else { return [mean] }
      // Windows over the edge of a ceiling have fewer cells, which a factor cannot make up for.
      guard !pool.ceilMode else { return nil }
      let cells = pool.kernelSize.height * pool.kernelSize.width
      return [emit("Mul", [mean, number(Float(cells) / Float(divisor))])]
    case is GlobalAvgPool2dOperation: return [emit("GlobalAveragePool", inputs)]
    case is GlobalMaxPool2dOperation:
      guard indicesAreUnused(node) else { return nil }
      return [emit("GlobalMaxPool", inputs)]
    case let pool as AdaptiveAvgPool2dOperation:
      let size = pool.outputSize
      if size == Size2D(1) { return [emit("GlobalAveragePool", inputs)] }
      if let window = evenWindow(shapes[0], size) {
        return [emit("AveragePool", inputs, window)]
      }
      // Means over uneven regions are products with matrices of shares.
      let rows = shares(shapes[0][2], size.height)
      let columns = shares(shapes[0][3], size.width)
      let left = floats([size.height, shapes[0][2]], rows.flatMap { $0 })
      let right = floats(
        [shapes[0][3], size.width],
        (0..<shapes[0][3]).flatMap { cell in columns.map { $0[cell] } })
      return [emit("MatMul", [emit("MatMul", [left, inputs[0]]), right])]
    case let pool as AdaptiveMaxPool2dOperation:
      guard let window = evenWindow(shapes[0], pool.outputSize) else { return nil }
      return maxPool(node, inputs, shapes, window)
    default: return nil
    }
  }

  private func maxPool(
    _ node: Graph.Node, _ inputs: [String], _ shapes: [Shape], _ attributes: [Attribute]
  ) -> [String] {
    guard !indicesAreUnused(node) else { return [emit("MaxPool", inputs, attributes)] }
    let results = emit("MaxPool", inputs, attributes, count: 2)
    // ONNX counts through the whole batch, the operation through one plane.
    let plane = integers([shapes[0][2] * shapes[0][3]], isScalar: true)
    return [results[0], asFloat(emit("Mod", [results[1], plane]))]
  }

  private func indicesAreUnused(_ node: Graph.Node) -> Bool {
    guard node.outputs.count > 1 else { return true }
    let id = node.outputs[1]
    return !graph.outputs.contains(id) && graph.nodes.allSatisfy { !$0.inputs.contains(id) }
  }

  /// The pooling of an adaptive one whose regions are equal.
  private func evenWindow(_ shape: Shape, _ size: Size2D) -> [Attribute]? {
    guard shape[2] % size.height == 0, shape[3] % size.width == 0 else { return nil }
    let window = [shape[2] / size.height, shape[3] / size.width]
    return [.integers("kernel_shape", window), .integers("strides", window)]
  }

  /// What each cell counts in each of the regions that an adaptive pooling takes the mean of.
  private func shares(_ input: Int, _ output: Int) -> [[Float]] {
    (0..<output).map { index in
      let start = index * input / output
      let end = ((index + 1) * input + output - 1) / output
      return (0..<input).map { $0 >= start && $0 < end ? 1 / Float(end - start) : 0 }
    }
  }
}
