internal import ConvNet
internal import ConvNetFormats
internal import ConvNetText

/// Charts with words as SVG files: shares of the classes, the row of layers.
enum ExplainChart {
  private static let fonts =
    "font-family=\"system-ui, 'Noto Sans CJK SC', sans-serif\" fill=\"#1b1c1e\""

  private static func document(_ width: Int, _ height: Int, _ parts: [String]) -> String {
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" "
      + "width=\"\(width)\" height=\"\(height)\" \(fonts)>"
      + "<rect width=\"\(width)\" height=\"\(height)\" fill=\"#fbfaf6\"/>"
      + parts.joined(separator: "\n") + "</svg>\n"
  }

  private static func text(
    _ x: Int, _ y: Int, _ size: Int, _ words: String, _ more: String = ""
  ) -> String {
    "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\"\(more)>\(Markup.escaped(words))</text>"
  }

  /// A bar per class, the likeliest first.
  static func probabilities(
    _ run: Inspection, _ options: PageOptions, _ words: PageWords
  ) -> String {
    let shares = run.probabilities
    let classes = run.ranking(options.topCount)
    var parts = [text(20, 34, 18, words.text("classes"), " font-weight=\"600\"")]
    for (row, index) in classes.enumerated() {
      let y = 56 + row * 30
      let width = NumberFormat.fixed(max(1, 320 * shares[index]), decimals: 1)
      parts += [
        text(210, y + 15, 15, run.model.label(index), " text-anchor=\"end\""),
        "<rect x=\"222\" y=\"\(y)\" width=\"320\" height=\"20\" fill=\"#f2efe7\"/>",
        "<rect x=\"222\" y=\"\(y)\" width=\"\(width)\" height=\"20\" fill=\"#0b6a6e\"/>",
        text(552, y + 15, 14, "\(Markup.shown(100 * shares[index])) %"),
      ]
    }
    return document(660, 76 + classes.count * 30, parts)
  }

  /// A box per layer: its height follows that of the maps, its depth their number; arcs where a layer
  /// reads another than the one before it.
  static func pipeline(_ layers: [PageLayer], _ words: PageWords) -> String {
    var (parts, x) = ([String](), 30)
    var places: [String: (x: Int, top: Int)] = [:]
    let ground = 230
    for (index, layer) in layers.enumerated() {
      let side = layer.isSpatial ? boxSide(layer.size.height) : 18
      let depth = max(4, boxDepth(layer.size.channels))
      let top = ground - side
      places[layer.name] = (x + depth / 2, top - depth / 3)
      parts.append(
        "<path d=\"M\(x) \(top)l\(depth / 3) -\(depth / 3)h\(depth)v\(side)l-\(depth / 3) \(depth / 3)h-\(depth)z\" "
          + "fill=\"#d9e8e8\" stroke=\"#0b6a6e\"/><path d=\"M\(x) \(top)h\(depth)v\(side)m0 -\(side)"
          + "l\(depth / 3) -\(depth / 3)\" fill=\"none\" stroke=\"#0b6a6e\"/>")
      let label =
        "<g transform=\"translate(\(x + depth / 2) \(ground + 14)) rotate(40)\">"
        + text(0, 0, 12, layer.name, " font-weight=\"600\"")
        + text(0, 15, 11, layer.shape.map(String.init).joined(separator: "×")) + "</g>"
      parts.append(label)
      for source in layer.inputs where index > 0 && source != layers[index - 1].name {
        guard let from = places[source], let to = places[layer.name] else { continue }
        let peak = min(from.top, to.top) - 20 - (to.x - from.x) / 30
        parts.append(
          "<path d=\"M\(from.x) \(from.top - 3)C\(from.x) \(peak) \(to.x) \(peak) \(to.x) \(to.top - 3)\" "
            + "fill=\"none\" stroke=\"#c2410c\" stroke-width=\"1.4\"/>")
      }
      x += depth + depth / 3 + 26
    }
    parts.append(text(30, 30, 18, words.text("pipeline"), " font-weight=\"600\""))
    return document(max(400, x + 120), 380, parts)
  }

  private static func boxSide(_ rows: Int) -> Int {
    var (side, size) = (12, rows)
    while size > 1 {
      side += 16
      size /= 2
    }
    return side
  }

  private static func boxDepth(_ channels: Int) -> Int {
    var (depth, count) = (2, channels)
    while count > 1 {
      depth += 4
      count /= 2
    }
    return depth
  }
}
