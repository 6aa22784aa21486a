internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph

/// A layer as the page shows it.
struct PageLayer {
  let layer: Inspection.Layer
  let facts: LayerFacts
  /// Its name on the page, different from every other tensor's.
  let name: String
  /// The names of the tensors that it reads, parameters left out.
  var inputs: [String]
  /// Channels, height, width; a list of features is one pixel of many channels.
  let size: (channels: Int, height: Int, width: Int)
  /// The channels by how strongly they answer, strongest first.
  let ranked: [Int]
  /// The numbers of trained parameters that it reads.
  let parameterCount: Int
  /// How often numbers fall into each of twenty equal parts of their range.
  let histogram: [Int]
  /// The SHA-256 of its numbers, in hexadecimal digits.
  let sum: String
  /// The microseconds that it took, where they were measured.
  var micros: Double? { layer.time.map { ($0 / .nanoseconds(1)).rounded() / 1000 } }

  var isSpatial: Bool { size.height * size.width > 1 }
  var count: Int { size.channels * size.height * size.width }
  /// The shape without the batch, as the page writes it.
  var shape: [Int] {
    layer.output.shape.rank == 4
      ? [size.channels, size.height, size.width] : [size.channels]
  }

  init(_ layer: Inspection.Layer, name: String, inputs: [String], run: Inspection) {
    self.layer = layer
    self.name = name
    self.inputs = inputs
    facts = LayerFacts(layer, in: run.model.graph)
    let shape = layer.output.shape
    size =
      shape.rank == 4 ? (shape[1], shape[2], shape[3]) : (layer.output.count, 1, 1)
    let plane = size.height * size.width
    let strengths = layer.output.withUnsafeBufferPointer { all in
      (0..<(plane == 0 ? 0 : all.count / plane)).map { channel in
        all[(channel * plane)..<((channel + 1) * plane)].reduce(0.0) { $0 + Double($1.magnitude) }
      }
    }
    ranked = strengths.indices.sorted {
      strengths[$0] == strengths[$1] ? $0 < $1 : strengths[$0] > strengths[$1]
    }
    histogram = Self.histogram(layer)
    sum = layer.output.withUnsafeBufferPointer { SHA256.hex($0) }
    let slots = run.model.graph.parameters
    parameterCount = layer.inputs.reduce(0) { sum, value in
      sum + (slots.first { $0.value == value && $0.role == .trained }?.shape.count ?? 0)
    }
  }

  /// One number.
  func number(_ channel: Int, _ row: Int, _ column: Int) -> Float {
    layer.output.withUnsafeBufferPointer {
      $0[(channel * size.height + row) * size.width + column]
    }
  }

  /// The place of a channel's largest number inside a rectangle.
  func peak(_ channel: Int, rows: Range<Int>, columns: Range<Int>) -> (row: Int, column: Int) {
    var best = (row: rows.lowerBound, column: columns.lowerBound)
    var largest = -Float.infinity
    for row in rows {
      for column in columns where number(channel, row, column) > largest {
        largest = number(channel, row, column)
        best = (row, column)
      }
    }
    return best
  }

  private static func histogram(_ layer: Inspection.Layer) -> [Int] {
    var counts = [Int](repeating: 0, count: 20)
    let (low, high) = (Double(layer.statistics.minimum), Double(layer.statistics.maximum))
    layer.output.withUnsafeBufferPointer { all in
      for number in all where number.isFinite {
        let share = high > low ? (Double(number) - low) / (high - low) : 0
        counts[min(19, max(0, Int(share * 20)))] += 1
      }
    }
    return counts
  }

  /// The rows and columns of the input that a rectangle of the output looks at.
  func inputRectangle(
    rows: Range<Int>, columns: Range<Int>, input: (height: Int, width: Int)
  ) -> (rows: Range<Int>, columns: Range<Int>) {
    guard let window = facts.window else { return (0..<input.height, 0..<input.width) }
    let sides = window.sides(for: Size2D(height: input.height, width: input.width))
    func range(
      _ output: Range<Int>, _ kernel: Int, _ stride: Int, _ dilation: Int, _ before: Int,
      _ limit: Int
    ) -> Range<Int> {
      let first = max(0, output.lowerBound * stride - before)
      let last = min(limit, (output.upperBound - 1) * stride - before + dilation * (kernel - 1) + 1)
      return min(first, limit)..<max(min(first, limit), last)
    }
    return (
      range(
        rows, window.kernel.height, window.stride.height, window.dilation.height, sides.top,
        input.height),
      range(
        columns, window.kernel.width, window.stride.width, window.dilation.width, sides.left,
        input.width)
    )
  }
}
