public import ConvNet
public import ConvNetFormats
public import ConvNetGraph

/// One feature map as a picture in the page's colours.
public enum MapImage {
  /// The picture of a channel, a pixel per position.
  ///
  /// - Throws: ``ConvNetError`` of kind `invalidArgument` where the layer has no such map.
  public static func make(
    _ layer: Inspection.Layer, channel: Int
  ) throws(ConvNetError) -> Image {
    let shape = layer.output.shape
    guard shape.rank == 4, (0..<shape[1]).contains(channel) else {
      throw ConvNetError(.invalidArgument, "\(layer.name) has no feature map \(channel)")
    }
    let plane = shape[2] * shape[3]
    let numbers = layer.output.withUnsafeBufferPointer {
      Array($0[(channel * plane)..<((channel + 1) * plane)])
    }
    return try picture(numbers, height: shape[2], width: shape[3])
  }

  /// Numbers as a picture: viridis where none is negative, blue to red otherwise.
  static func picture(
    _ numbers: [Float], height: Int, width: Int
  ) throws(ConvNetError) -> Image {
    let range = Palette.range(numbers.min() ?? 0, numbers.max() ?? 0)
    let palette = range.low < 0 ? Palette.signed : Palette.positive
    let pixels = numbers.flatMap { number -> ArraySlice<UInt8> in
      let place = Int(Palette.index(number, low: range.low, high: range.high)) * 3
      return palette[place..<place + 3]
    }
    return try Image(width: width, height: height, channels: 3, pixels: pixels)
  }
}

/// The pictures of a run as files: PNG where they are pictures, SVG where they are charts with words.
public enum ExplainPictures {
  /// Writes them into a folder that exists or is made.
  ///
  /// `00-photo.png`, `01-input.png`, for colour `01-input-rgb.png` (its channels side by side),
  /// `02-probabilities.svg`; for every layer with positions `10-LAYER-maps.png`, of convolutions also
  /// `10-LAYER-kernels.png`, and with an atlas `10-LAYER-patches.png`; `90-evidence.png` and
  /// `91-gradcam.png` for the likeliest class; `99-pipeline.svg`.
  ///
  /// - Returns: The names of the files.
  /// - Throws: ``ConvNetError`` of kind `cannotWrite`.
  @discardableResult
  public static func write(
    _ run: Inspection, options: PageOptions, to folder: String
  ) throws(ConvNetError) -> [String] {
    try Folders.make(folder)
    var files: [(name: String, bytes: [UInt8])] = []
    if let photo = options.photo { files.append(("00-photo.png", IndexedPNG.bytes(of: photo))) }
    files.append(("01-input.png", IndexedPNG.bytes(of: run.picture)))
    if run.picture.channels == 3 {
      files.append(("01-input-rgb.png", IndexedPNG.bytes(of: try channels(of: run.picture))))
    }
    let words = PageWords(options.language)
    files.append(
      ("02-probabilities.svg", Array(ExplainChart.probabilities(run, options, words).utf8)))
    let layers = PageContent.layers(of: run)
    var number = 10
    for layer in layers where layer.isSpatial {
      let sheet = Sheet(
        layer.layer.output, channels: Array(layer.ranked.prefix(256)).sorted(),
        isSigned: layer.layer.statistics.minimum < 0, limit: 64)
      let name = "\(number)-\(safe(layer.name))"
      files.append(("\(name)-maps.png", sheet.png))
      if let kernels = try kernels(of: layer, run) {
        files.append(("\(name)-kernels.png", IndexedPNG.bytes(of: kernels)))
      }
      if let patches = options.atlas?.layer(layer.layer.name),
        let plate = try self.patches(patches, layer.ranked)
      {
        files.append(("\(name)-patches.png", IndexedPNG.bytes(of: plate)))
      }
      number += 1
    }
    if run.evidenceLayer != nil, let best = run.ranking(1).first,
      let found = try run.evidence(for: [best]).first
    {
      for (name, map) in [("evidence", found.evidence), ("gradcam", found.gradCAM)] {
        let image = try MapImage.picture(
          map.elements, height: map.shape[0], width: map.shape[1]
        ).resized(width: run.picture.width, height: run.picture.height, .nearest)
        files.append(("9\(name == "evidence" ? 0 : 1)-\(name).png", IndexedPNG.bytes(of: image)))
      }
    }
    files.append(("99-pipeline.svg", Array(ExplainChart.pipeline(layers, words).utf8)))
    for file in files { try AtomicFile.write(file.bytes, to: folder + "/" + file.name) }
    return files.map(\.name)
  }

  /// Red, green and blue as grey pictures side by side.
  private static func channels(of picture: Image) throws(ConvNetError) -> Image {
    let tiles = try (0..<3).map { (channel) throws(ConvNetError) in
      try Image(
        width: picture.width, height: picture.height, channels: 1,
        pixels: stride(from: channel, to: picture.pixels.count, by: 3).map { picture.pixels[$0] })
    }
    return try grid(tiles, columns: 3, gap: 2)
  }

  /// Kernels in blue to red around 0 with one scale; the input channels of one kernel,
  /// or of the first eight input channels, side by side.
  private static func kernels(of layer: PageLayer, _ run: Inspection) throws(ConvNetError) -> Image?
  {
    guard layer.facts.kind == "conv", let name = layer.facts.parameters.first,
      let weight = run.model.weights[name], weight.shape.rank == 4
    else { return nil }
    let (outputs, inputs) = (weight.shape[0], min(weight.shape[1], 8))
    let (height, width) = (weight.shape[2], weight.shape[3])
    guard height * width > 1 else { return nil }
    let numbers = weight.elements
    let limit = numbers.reduce(0) { max($0, $1.magnitude) }
    let scale = max(1, 24 / max(height, width))
    var tiles: [Image] = []
    for output in 0..<min(outputs, 128) {
      for input in 0..<inputs {
        let start = (output * weight.shape[1] + input) * height * width
        let pixels = numbers[start..<start + height * width].flatMap { number in
          let place = Int(Palette.index(number, low: -limit, high: limit)) * 3
          return Palette.signed[place..<place + 3]
        }
        tiles.append(
          try Image(width: width, height: height, channels: 3, pixels: pixels)
            .resized(width: width * scale, height: height * scale, .nearest))
      }
    }
    // A row holds whole kernels.
    return try grid(tiles, columns: inputs * max(1, 16 / inputs), gap: 2)
  }

  /// The pieces of the channels that answer most here, a row each.
  private static func patches(
    _ layer: Atlas.Layer, _ ranked: [Int]
  ) throws(ConvNetError) -> Image? {
    let rows = ranked.filter { layer.channels.indices.contains($0) && !layer.channels[$0].isEmpty }
      .prefix(16)
    let columns = rows.map { layer.channels[$0].count }.max() ?? 0
    guard columns > 0, let first = rows.first.flatMap({ layer.channels[$0].first?.image }) else {
      return nil
    }
    let scale = max(1, 40 / max(first.width, first.height))
    let blank = try Image(
      width: first.width * scale, height: first.height * scale, channels: first.channels,
      pixels: [UInt8](
        repeating: 255, count: first.width * first.height * scale * scale * first.channels))
    var tiles: [Image] = []
    for channel in rows {
      let images = layer.channels[channel].map(\.image)
      for position in 0..<columns {
        tiles.append(
          position < images.count
            ? try images[position].resized(width: blank.width, height: blank.height, .nearest)
            : blank)
      }
    }
    return try grid(tiles, columns: columns, gap: 3)
  }

  /// Pictures of one size under and beside each other on white.
  private static func grid(
    _ tiles: [Image], columns: Int, gap: Int
  ) throws(ConvNetError) -> Image {
    let (width, height, channels) = (tiles[0].width, tiles[0].height, tiles[0].channels)
    let across = max(1, min(columns, tiles.count))
    let down = (tiles.count + across - 1) / across
    let line = (across * (width + gap) - gap) * channels
    let rows = down * (height + gap) - gap
    var pixels = [UInt8](repeating: 255, count: line * rows)
    for (index, tile) in tiles.enumerated() {
      let corner =
        index / across * (height + gap) * line + index % across * (width + gap) * channels
      for row in 0..<height {
        let source = row * width * channels
        pixels.replaceSubrange(
          corner + row * line..<corner + row * line + width * channels,
          with: tile.pixels[source..<source + width * channels])
      }
    }
    return try Image(width: line / channels, height: rows, channels: channels, pixels: pixels)
  }

  /// A layer's name as a part of a file's name.
  private static func safe(_ name: String) -> String {
    String(
      name.prefix(80).map {
        $0.isASCII && ($0.isLetter || $0.isNumber || ".-_".contains($0)) ? $0 : "_"
      })
  }
}
