internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph

/// The part of an atlas that a page holds: for some channels of each layer a strip of pieces.
struct PageAtlas {
  let atlas: Atlas
  let content: PageContent

  init(_ atlas: Atlas, _ content: PageContent) {
    self.atlas = atlas
    self.content = content
  }

  /// Which layer's channels a layer of the page shows: batch norm and activation those of the layer
  /// whose answer they are.
  private var owners: [String: String] {
    let measured = Dictionary(
      atlas.layers.map { ($0.name, $0.measuredAt) }, uniquingKeysWith: { first, _ in first })
    var owners: [String: String] = [:]
    for layer in content.layers {
      if measured[layer.layer.name] != nil {
        owners[layer.name] = layer.layer.name
      } else if ["bn", "relu", "act"].contains(layer.facts.kind), let input = layer.inputs.first,
        let owner = owners[input], measured[owner] != inputLayer(input)?.layer.name
      {
        owners[layer.name] = owner
      }
    }
    return owners
  }

  private func inputLayer(_ name: String) -> PageLayer? {
    content.layers.first { $0.name == name }
  }

  /// The description for the page's script.
  var json: JSONValue {
    let owners = owners
    var shown: [String: [Int]] = [:]
    for layer in content.layers {
      // The channels that answer most where the atlas looked at them.
      guard let owner = owners[layer.name],
        atlas.layer(owner)?.measuredAt == layer.layer.name
      else { continue }
      let patches = atlas.layer(owner)?.channels ?? []
      shown[owner] = Array(
        layer.ranked.filter { patches.indices.contains($0) && !patches[$0].isEmpty }
          .prefix(content.detail.atlasChannels))
    }
    var layers = JSONObject()
    for layer in atlas.layers {
      guard let channels = shown[layer.name] else { continue }
      var object = JSONObject()
      object["at"] = .string(layer.measuredAt)
      object["field"] = [.integer(layer.fieldSize.height), .integer(layer.fieldSize.width)]
      var strips = JSONObject()
      for channel in channels.sorted() where layer.channels.indices.contains(channel) {
        let patches = layer.channels[channel]
        guard let strip = AtlasStrip(patches, limit: content.detail.atlasPixels) else { continue }
        strips["\(channel)"] = [
          "png": .string(Markup.address(strip.png)),
          "w": .integer(strip.width), "h": .integer(strip.height),
          "names": .array(patches.map { .string($0.shortName) }),
          "values": .array(patches.map { .number(Double($0.value)) }),
          "places": .array(patches.map { [.integer($0.row), .integer($0.column)] }),
        ]
      }
      object["channels"] = .object(strips)
      layers[layer.name] = .object(object)
    }
    var names = JSONObject()
    for layer in content.layers { names[layer.name] = owners[layer.name].map(JSONValue.string) }
    return [
      "data": .string(atlas.dataName), "pictures": .integer(atlas.pictureCount),
      "owners": .object(names), "layers": .object(layers),
    ]
  }
}

extension Atlas.Patch {
  /// The last part of the picture's name, where that is a path.
  var shortName: String { String(name.split(separator: "/").last ?? Substring(name)) }
}

/// Pieces of pictures side by side as one PNG file.
struct AtlasStrip {
  /// The size of one piece in the file.
  let width: Int
  let height: Int
  let png: [UInt8]

  /// - Parameters:
  ///   - limit: the most pixels along a side of a piece.
  ///   - columns: the pieces in a row; all where nil.
  ///   - gap: the white pixels between pieces; where there are some, very small pieces are enlarged.
  init?(_ patches: [Atlas.Patch], limit: Int, columns: Int? = nil, gap: Int = 0) {
    guard let first = patches.first?.image else { return nil }
    let longer = max(first.width, first.height)
    let scale =
      longer > limit
      ? Double(max(1, limit)) / Double(longer) : gap > 0 ? Double(max(1, 40 / longer)) : 1
    width = max(1, Int((Double(first.width) * scale).rounded()))
    height = max(1, Int((Double(first.height) * scale).rounded()))
    let across = columns ?? patches.count
    let rows = (patches.count + across - 1) / across
    let channels = first.channels
    let sheetWidth = across * (width + gap) - gap
    let sheetHeight = rows * (height + gap) - gap
    let line = sheetWidth * channels
    var pixels = [UInt8](repeating: 255, count: line * sheetHeight)
    for (index, patch) in patches.enumerated() {
      guard patch.image.channels == channels,
        let piece = patch.image.width == width && patch.image.height == height
          ? patch.image
          : try? patch.image.resized(
            width: width, height: height, scale > 1 ? .nearest : .box)
      else { return nil }
      let corner =
        index / across * (height + gap) * line + index % across * (width + gap) * channels
      for row in 0..<height {
        let start = corner + row * line
        pixels.replaceSubrange(
          start..<start + width * channels,
          with: piece.pixels[(row * width * channels)..<((row + 1) * width * channels)])
      }
    }
    guard
      let sheet = try? Image(
        width: sheetWidth, height: sheetHeight, channels: channels, pixels: pixels)
    else { return nil }
    png = channels == 3 ? ReducedColours.png(of: sheet) : IndexedPNG.bytes(of: sheet)
  }
}
