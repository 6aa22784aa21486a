internal import ConvNet
internal import ConvNetExplain
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// A run in words and characters: shares, a table of layers, a map, one window.
struct ExplainText {
  let run: Inspection
  let options: PageOptions
  let terminal: TerminalCapabilities

  init(_ run: Inspection, options: PageOptions, terminal: TerminalCapabilities) {
    self.run = run
    self.options = options
    self.terminal = terminal
  }

  /// All of it.
  ///
  /// - Parameter isDetailed: whether one layer was asked for: its map and window are added.
  func text(isDetailed: Bool) throws(ConvNetError) -> String {
    var parts = [heading, shares, table]
    let index =
      options.layer.flatMap { name in run.layers.firstIndex { $0.name == name } }
      ?? run.layers.firstIndex { $0.output.shape.rank == 4 }
    if let index {
      if let drawing = try map(run.layers[index]) { parts.append(drawing) }
      if isDetailed,
        let window = WindowText(
          run, index, options, isUnicode: terminal.isUnicode
        ).text
      {
        parts.append(window)
      }
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private var heading: String {
    let preparation = run.model.preprocessing
    return
      "\(options.photoName.escapedForDisplay) \(run.originalSize.width)\(times)"
      + "\(run.originalSize.height) \(terminal.isUnicode ? "→" : "->") \(run.picture.width)\(times)"
      + "\(run.picture.height) (\(preparation.resize.rawValue), "
      + "\(preparation.resampling.rawValue))   model \(options.modelName.escapedForDisplay)   "
      + "\(NumberFormat.grouped(run.model.parameterCount)) params   "
      + "\(NumberFormat.grouped(run.model.graph.multiplyAdds)) MACs"
  }

  private var shares: String {
    let probabilities = run.probabilities
    let names = run.ranking(options.topCount).map {
      (run.model.label($0).escapedForDisplay, probabilities[$0])
    }
    let width = names.map(\.0.displayWidth).max() ?? 0
    return names.map { name, share in
      let space = String(repeating: " ", count: width - name.displayWidth)
      let percent = NumberFormat.fixed(share * 100, decimals: 2)
      return "  \(name)\(space) \(bar(share, width: 30))"
        + String(repeating: " ", count: max(0, 7 - percent.count)) + "\(percent) %"
    }.joined(separator: "\n")
  }

  /// A bar with eighths of a cell.
  private func bar(_ share: Double, width: Int) -> String {
    let eighths = Int((share * Double(width) * 8).rounded())
    let parts = terminal.isUnicode ? Array(" ▏▎▍▌▋▊▉█") : Array("    =====")
    let whole = String(repeating: parts[8], count: eighths / 8)
    let rest = eighths % 8 == 0 ? "" : String(parts[eighths % 8])
    return whole + rest + String(repeating: " ", count: width - whole.count - rest.count)
  }

  private var table: String {
    let isTimed = run.layers.contains { $0.time != nil }
    var left = [["layer", "output", "params", "MACs", "RF", "jump"] + (isTimed ? ["µs"] : [])]
    var right = [["min", "mean", "max", "zeros", "values (log scale)"]]
    let summary = ModelSummary(run.model.graph)
    for (layer, row) in zip(run.layers, summary.rows) {
      let statistics = layer.statistics
      left.append(
        [
          layer.name.escapedForDisplay,
          layer.output.shape.dimensions.dropFirst().map(String.init).joined(separator: times),
          NumberFormat.grouped(row.parameters), NumberFormat.grouped(row.multiplyAdds),
          row.receptiveField?.description ?? "-", row.jump?.description ?? "-",
        ] + (isTimed ? [layer.time.map(Self.micros) ?? "-"] : []))
      right.append([
        NumberFormat.fixed(Double(statistics.minimum), decimals: 3),
        NumberFormat.fixed(statistics.mean, decimals: 3),
        NumberFormat.fixed(Double(statistics.maximum), decimals: 3),
        NumberFormat.percent(statistics.zeros), sparkline(layer),
      ])
    }
    if !terminal.isUnicode { left[0] = left[0].map { $0 == "µs" ? "us" : $0 } }
    let (first, second) = (Self.aligned(left, leading: true), Self.aligned(right, leading: false))
    // A row that is wider than the window becomes two; nothing is cut off.
    let width = (first.first?.displayWidth ?? 0) + (second.first?.displayWidth ?? 0) + 4
    return zip(first, second).map {
      width <= terminal.width ? "  \($0)  \($1)" : "  \($0)\n      \($1)"
    }.joined(separator: "\n")
  }

  private static func micros(_ time: Duration) -> String {
    NumberFormat.grouped(Int((time / .microseconds(1)).rounded()))
  }

  /// Cells under each other, to the right; the first column, or else the last, to the left.
  private static func aligned(_ rows: [[String]], leading: Bool) -> [String] {
    var widths = [Int](repeating: 0, count: rows[0].count)
    for row in rows {
      for (column, cell) in row.enumerated() {
        widths[column] = max(widths[column], cell.displayWidth)
      }
    }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.displayWidth)
        let isLeft = leading ? column == 0 : column == row.count - 1
        return isLeft ? cell + space : space + cell
      }.joined(separator: "  ")
    }
  }

  /// What stands between the sizes of a shape.
  private var times: String { terminal.isUnicode ? "×" : "x" }

  private func sparkline(_ layer: Inspection.Layer) -> String {
    var counts = [Int](repeating: 0, count: 20)
    let (low, high) = (Double(layer.statistics.minimum), Double(layer.statistics.maximum))
    layer.output.withUnsafeBufferPointer { all in
      for number in all where number.isFinite && high > low {
        counts[min(19, max(0, Int((Double(number) - low) / (high - low) * 20)))] += 1
      }
    }
    let most = Double.log1p(Double(counts.max() ?? 0))
    let steps = terminal.isUnicode ? Array(" ▁▂▃▄▅▆▇█") : Array(" .:-=+*#@")
    return String(
      counts.map { count in
        guard count > 0, most > 0 else { return steps[0] }
        return steps[max(1, Int((Double.log1p(Double(count)) / most * 8).rounded()))]
      })
  }

  /// The strongest or the wanted channel of a layer as a picture of characters.
  private func map(_ layer: Inspection.Layer) throws(ConvNetError) -> String? {
    guard layer.output.shape.rank == 4, layer.output.shape[2] * layer.output.shape[3] > 1 else {
      return nil
    }
    let channel = options.channel ?? WindowText.strongest(layer)
    guard (0..<layer.output.shape[1]).contains(channel) else { return nil }
    let (height, width) = (layer.output.shape[2], layer.output.shape[3])
    let image = try MapImage.make(layer, channel: channel)
    let largest = layer.output.withUnsafeBufferPointer {
      $0[(channel * height * width)..<((channel + 1) * height * width)].max() ?? 0
    }
    let lines = try PictureDrawing.lines(of: image, columns: min(56, terminal.width), on: terminal)
    return "  \(layer.name.escapedForDisplay) channel \(channel) (\(height)\(times)\(width), max "
      + "\(NumberFormat.fixed(Double(largest), decimals: 3)))\n"
      + lines.map { "  " + $0 }.joined(separator: "\n")
  }

  /// The run for programs.
  func record(path: String) -> JSONValue {
    let probabilities = run.probabilities
    return [
      "path": .string(path), "model": .string(options.modelName),
      "classes": .array(
        run.ranking(options.topCount).map { index in
          [
            "index": .integer(index), "label": .string(run.model.label(index)),
            "probability": .number(probabilities[index]),
            "score": .number(Double(run.scores.elements[index])),
          ]
        }),
      "fused_difference": .number(run.fusedDifference),
      "layers": .array(
        run.layers.map { layer in
          [
            "name": .string(layer.name), "type": .string(type(of: layer.operation).name),
            "output": .array(layer.output.shape.dimensions.map { .integer($0) }),
            "min": .number(Double(layer.statistics.minimum)),
            "mean": .number(layer.statistics.mean),
            "max": .number(Double(layer.statistics.maximum)),
            "zeros": .number(layer.statistics.zeros),
            "micros": layer.time.map { .number(($0 / .nanoseconds(1)) / 1000) } ?? .null,
          ]
        }),
    ]
  }
}
