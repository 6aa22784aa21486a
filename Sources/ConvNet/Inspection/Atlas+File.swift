internal import ConvNetFormats
public import ConvNetGraph

extension Atlas {
  /// Writes the atlas as a safetensors file, whole or not at all; the same atlas gives the same bytes.
  ///
  /// A tensor `LAYER[C]` of type U8 and shape `[N, 1 or 3, H, W]` holds the N pieces of channel C, the
  /// strongest first. The metadata's entry of the same name is a JSON text with their `names`, `values`
  /// and `places` (picture, row, column); `layers`, `size`, `pictures`, `topk`, `model`,
  /// `model_sha256` and `data` say the rest.
  ///
  /// - Throws: ``ConvNetError`` of kind `cannotWrite`.
  public func write(to path: String) throws(ConvNetError) {
    var metadata = [
      "format": Self.format, "pictures": "\(pictureCount)", "topk": "\(patchesPerChannel)",
      "model": modelName, "model_sha256": modelSHA256, "data": dataName,
      "size": "\(pictureSize.height) \(pictureSize.width)",
      "layers": JSONValue.array(layers.map(Self.description)).serialized(),
    ]
    var tensors: [TensorData] = []
    for layer in layers {
      for (channel, patches) in layer.channels.enumerated() {
        guard let first = patches.first?.image else { continue }
        let name = "\(layer.name)[\(channel)]"
        metadata[name] = Self.description(patches).serialized()
        tensors.append(
          try TensorData(
            name, elementType: .uint8,
            shape: [patches.count, first.channels, first.height, first.width],
            bytes: patches.flatMap { Self.planes($0.image) }))
      }
    }
    try SafetensorsFile.write(tensors, metadata: metadata, to: path)
  }

  private static let format = "convnet-atlas/1"

  private static func description(_ layer: Layer) -> JSONValue {
    [
      "name": .string(layer.name), "measured_at": .string(layer.measuredAt),
      "channels": .integer(layer.channels.count),
      "maps": [.integer(layer.mapSize.height), .integer(layer.mapSize.width)],
      "field": [.integer(layer.fieldSize.height), .integer(layer.fieldSize.width)],
    ]
  }

  private static func description(_ patches: [Patch]) -> JSONValue {
    [
      "names": .array(patches.map { .string($0.name) }),
      "values": .array(patches.map { .number(Double($0.value)) }),
      "places": .array(
        patches.map { [.integer($0.picture), .integer($0.row), .integer($0.column)] }),
    ]
  }

  /// The samples channel after channel.
  private static func planes(_ image: Image) -> [UInt8] {
    guard image.channels > 1 else { return image.pixels }
    return (0..<image.channels).flatMap { channel in
      stride(from: channel, to: image.pixels.count, by: image.channels).map { image.pixels[$0] }
    }
  }

  /// Reads an atlas file.
  ///
  /// - Throws: ``ConvNetError``: the file's errors, or of kind `invalidData` where it is no atlas.
  public init(path: String) throws(ConvNetError) {
    let file = try SafetensorsFile(path: path)
    let shown = path.escapedForDisplay
    func fail(_ what: String) -> ConvNetError {
      ConvNetError(
        .invalidData, "\(shown): is no atlas, or is damaged", reason: what,
        advice: "'convnet atlas MODEL DATA -o net.atlas' makes one")
    }
    guard file.metadata["format"] == Self.format, let list = file.metadata["layers"] else {
      throw fail("its format is not \(Self.format)")
    }
    let described = try JSONValue(parsing: list, name: "\(shown): layers").array ?? []
    layers = try described.map { (entry) throws(ConvNetError) in
      guard let layer = Layer(entry) else { throw fail("a layer is not described well") }
      return layer
    }
    let size = (file.metadata["size"] ?? "").split(separator: " ").compactMap { Int($0) }
    guard size.count == 2, size.allSatisfy({ (1...65_536).contains($0) }) else {
      throw fail("the size of its pictures is missing")
    }
    pictureSize = Size2D(height: size[0], width: size[1])
    pictureCount = file.metadata["pictures"].flatMap { Int($0) } ?? 0
    patchesPerChannel = file.metadata["topk"].flatMap { Int($0) } ?? 0
    modelName = file.metadata["model"] ?? ""
    modelSHA256 = file.metadata["model_sha256"] ?? ""
    dataName = file.metadata["data"] ?? ""
    var positions: [String: Int] = [:]
    for (index, layer) in layers.enumerated() { positions[layer.name] = index }
    for entry in file.entries {
      guard let open = entry.name.lastIndex(of: "["), entry.name.hasSuffix("]"),
        let channel = Int(entry.name[entry.name.index(after: open)...].dropLast()),
        let layer = positions[String(entry.name[..<open])],
        layers[layer].channels.indices.contains(channel)
      else { throw fail("'\(entry.name.escapedForDisplay)' belongs to no channel") }
      guard entry.shape.rank == 4, [1, 3].contains(entry.shape[1]),
        (1...64).contains(entry.shape[0]),
        entry.elementType == .uint8
      else {
        throw fail(
          "'\(entry.name.escapedForDisplay)' of shape \(entry.shape) holds no pictures [N, C, H, W]"
        )
      }
      let text = file.metadata[entry.name] ?? "{}"
      let facts = try JSONValue(parsing: text, name: "\(shown): \(entry.name.escapedForDisplay)")
      guard let patches = try Self.patches(facts, file, entry) else {
        throw fail("'\(entry.name.escapedForDisplay)': names, values and places do not fit it")
      }
      layers[layer].channels[channel] = patches
    }
  }

  private static func patches(
    _ facts: JSONValue, _ file: SafetensorsFile, _ entry: SafetensorsFile.Entry
  ) throws(ConvNetError) -> [Patch]? {
    let names = (facts["names"]?.array ?? []).compactMap(\.string)
    let values = (facts["values"]?.array ?? []).compactMap(\.double)
    let places = (facts["places"]?.array ?? []).map { ($0.array ?? []).compactMap(\.int) }
    let count = entry.shape[0]
    guard names.count == count, values.count == count, places.count == count,
      places.allSatisfy({ $0.count == 3 }), entry.shape.count > 0
    else { return nil }
    return try file.withUnsafeBytes(of: entry.name) { (bytes) throws(ConvNetError) in
      let (channels, plane) = (entry.shape[1], entry.shape[2] * entry.shape[3])
      var patches: [Patch] = []
      for index in 0..<count {
        var pixels = [UInt8](repeating: 0, count: channels * plane)
        for channel in 0..<channels {
          for pixel in 0..<plane {
            pixels[pixel * channels + channel] =
              bytes[(index * channels + channel) * plane + pixel]
          }
        }
        let image = try Image(
          width: entry.shape[3], height: entry.shape[2], channels: channels, pixels: pixels)
        patches.append(
          Patch(
            picture: places[index][0], name: names[index], value: Float(values[index]),
            row: places[index][1], column: places[index][2], image: image))
      }
      return patches
    }
  }
}

extension Atlas.Layer {
  /// A layer without pieces as a file describes it; nil where it cannot be one.
  fileprivate init?(_ entry: JSONValue) {
    func size(_ key: String) -> Size2D? {
      let sides = (entry[key]?.array ?? []).compactMap(\.int)
      guard sides.count == 2, sides.allSatisfy({ (1...(1 << 24)).contains($0) }) else {
        return nil
      }
      return Size2D(height: sides[0], width: sides[1])
    }
    guard let name = entry["name"]?.string, let measured = entry["measured_at"]?.string,
      let channels = entry["channels"]?.int, (1...1_000_000).contains(channels),
      let maps = size("maps"), let field = size("field")
    else { return nil }
    self.init(
      name: name, measuredAt: measured, mapSize: maps, fieldSize: field,
      channels: [[Atlas.Patch]](repeating: [], count: channels))
  }
}
