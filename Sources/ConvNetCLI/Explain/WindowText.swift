internal import ConvNet
internal import ConvNetExplain
internal import ConvNetGraph
internal import ConvNetText

/// One position of one layer with its numbers in a terminal: window, kernel, products, sum.
struct WindowText {
  let run: Inspection
  let layer: Inspection.Layer
  let options: PageOptions

  /// What stands between factors.
  let times: String

  init(_ run: Inspection, _ index: Int, _ options: PageOptions, isUnicode: Bool = true) {
    times = isUnicode ? "×" : "x"
    self.run = run
    layer = run.layers[index]
    self.options = options
  }

  /// The channel with the largest sum of magnitudes.
  static func strongest(_ layer: Inspection.Layer) -> Int {
    let shape = layer.output.shape
    guard shape.rank == 4 else { return 0 }
    let plane = shape[2] * shape[3]
    let sums = layer.output.withUnsafeBufferPointer { all in
      (0..<shape[1]).map { channel in
        all[(channel * plane)..<((channel + 1) * plane)].reduce(0.0) { $0 + Double($1.magnitude) }
      }
    }
    return sums.indices.max { sums[$0] < sums[$1] } ?? 0
  }

  private struct Place {
    var channel: Int
    var row: Int
    var column: Int
  }

  private var place: Place? {
    let shape = layer.output.shape
    guard shape.rank == 4, shape.count > 0 else { return nil }
    let channel = options.channel ?? Self.strongest(layer)
    guard (0..<shape[1]).contains(channel) else { return nil }
    if let position = options.position {
      guard (0..<shape[2]).contains(position.row), (0..<shape[3]).contains(position.column) else {
        return nil
      }
      return Place(channel: channel, row: position.row, column: position.column)
    }
    let (height, width) = (shape[2], shape[3])
    let best = layer.output.withUnsafeBufferPointer { all in
      (0..<(height * width)).max {
        all[channel * height * width + $0] < all[channel * height * width + $1]
      } ?? 0
    }
    return Place(channel: channel, row: best / width, column: best % width)
  }

  /// The text; nil where the position does not exist.
  var text: String? {
    guard let place else { return nil }
    let output = layer.output[0, place.channel, place.row, place.column]
    let head =
      "  \(layer.name.escapedForDisplay) channel \(place.channel) at (\(place.row), \(place.column))"
    guard let convolution = layer.operation as? Conv2dOperation,
      let source = run.tensor(of: layer.inputs[0]),
      let weight = parameter(1), weight.shape.rank == 4
    else { return head + " = " + number(output) }
    return head + "\n" + window(convolution, source, weight, place, output)
  }

  private func parameter(_ position: Int) -> Tensor? {
    guard position < layer.inputs.count,
      let slot = run.model.graph.parameter(layer.inputs[position])
    else { return nil }
    return run.model.weights[slot.name]
  }

  private func window(
    _ convolution: Conv2dOperation, _ source: Tensor, _ weight: Tensor, _ place: Place,
    _ output: Float
  ) -> String {
    let input = source.shape
    let window = convolution.window(weights: weight.shape)
    let sides = window.sides(for: Size2D(height: input[2], width: input[3]))
    let outputsPerGroup = layer.output.shape[1] / convolution.groups
    let firstInput = place.channel / outputsPerGroup * weight.shape[1]
    var parts: [(channel: Int, sum: Double, inputs: [[Double?]], kernel: [[Double]])] = []
    for local in 0..<weight.shape[1] {
      var (inputs, kernel): ([[Double?]], [[Double]]) = ([], [])
      var sum = 0.0
      for u in 0..<weight.shape[2] {
        var (inputRow, kernelRow): ([Double?], [Double]) = ([], [])
        for v in 0..<weight.shape[3] {
          let row = place.row * window.stride.height + u * window.dilation.height - sides.top
          let column = place.column * window.stride.width + v * window.dilation.width - sides.left
          let w = Double(weight[place.channel, local, u, v])
          kernelRow.append(w)
          if (0..<input[2]).contains(row), (0..<input[3]).contains(column) {
            let x = Double(source[0, firstInput + local, row, column])
            inputRow.append(x)
            sum += x * w
          } else {
            inputRow.append(nil)
          }
        }
        inputs.append(inputRow)
        kernel.append(kernelRow)
      }
      parts.append((firstInput + local, sum, inputs, kernel))
    }
    let bias = parameter(2).map { Double($0[place.channel]) } ?? 0
    let strongest = parts.max { $0.sum.magnitude < $1.sum.magnitude } ?? parts[0]
    var lines = [
      "  input channel \(strongest.channel): window \(times) kernel = products (pad: padding, 0)"
    ]
    for (inputs, kernel) in zip(strongest.inputs, strongest.kernel) {
      let cells = inputs.map { $0.map { number($0) } ?? "pad" }
      let products = zip(inputs, kernel).map { number(($0 ?? 0) * $1) }
      lines.append(
        "    " + row(cells) + "  \(times)  " + row(kernel.map { number($0) }) + "  =  "
          + row(products))
    }
    let total = parts.reduce(0) { $0 + $1.sum }
    lines.append(
      "  channel \(strongest.channel): \(number(strongest.sum))   all "
        + "\(parts.count) input channels: \(number(total))   bias: \(number(bias))   "
        + "output: \(number(output))")
    return lines.joined(separator: "\n")
  }

  private func row(_ cells: [String]) -> String {
    cells.map { String(repeating: " ", count: max(0, 9 - $0.count)) + $0 }.joined()
  }

  private func number(_ value: Double) -> String { NumberFormat.significant(value, digits: 4) }
  private func number(_ value: Float) -> String { number(Double(value)) }
}
