internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph

/// The page's description of the run, which its script and `convnet verify` read.
struct Manifest {
  let content: PageContent
  let sheets: [Sheet?]
  let options: PageOptions
  let open: (layer: Int, channel: Int?, row: Int?, column: Int?)

  static let schema = "convnet-explain/1"

  private var run: Inspection { content.run }

  /// The description, and the blobs by name.
  func json() -> (manifest: JSONValue, blobs: [(id: String, numbers: [Float])]) {
    var blobs: [(id: String, numbers: [Float])] = []
    var places: [Int: Int] = [:]
    var boxes: [JSONValue] = []
    for (layer, box, numbers) in content.boxes {
      let at: Int
      if let place = places[layer] {
        at = blobs[place].numbers.count
        blobs[place].numbers += numbers
      } else {
        places[layer] = blobs.count
        at = 0
        blobs.append((id: "b\(layer)", numbers: numbers))
      }
      var entry = JSONObject()
      entry["t"] = .string(box.tensor)
      if let channels = box.channels {
        entry["rows"] = .array(channels.map { .integer($0) })
      }
      entry["n"] = .integer(box.count)
      entry["y"] = .integer(box.row)
      entry["x"] = .integer(box.column)
      entry["h"] = .integer(box.height)
      entry["w"] = .integer(box.width)
      if box.isWhole { entry["all"] = true }
      entry["blob"] = .string("b\(layer)")
      entry["at"] = .integer(at)
      entry["sha"] = .string(PageBlob.sum(numbers))
      boxes.append(.object(entry))
    }
    var manifest = JSONObject()
    manifest["schema"] = .string(Self.schema)
    manifest["tool"] = .string(options.tool)
    manifest["engine"] = ["instructionSet": .string(run.instructionSet)]
    manifest["mode"] = .string(content.detail.isFull ? "full" : "windows")
    manifest["language"] = .string(options.language.rawValue)
    manifest["model"] = [
      "name": .string(options.modelName), "sha256": .string(options.modelSHA256),
      "architecture": .string(run.model.architecture),
    ]
    manifest["photo"] = photo
    manifest["input"] = [
      "shape": .array(run.input.shape.dimensions.dropFirst().map { .integer($0) }),
      "sha": .string(PageBlob.sum(run.input.elements)),
    ]
    manifest["labels"] = .array(run.model.labels.map { .string($0) })
    manifest["probabilities"] = .array(run.probabilities.map { .number($0) })
    manifest["scoreLayer"] = .string(
      content.layers.first { $0.layer.value == run.scoreValue }?.name ?? "")
    manifest["totals"] = totals
    manifest["layers"] = .array(content.layers.indices.map { layer($0) })
    manifest["boxes"] = .array(boxes)
    manifest["heat"] = .array(
      content.evidence.map { ["class": .integer($0.classIndex), "rest": .number($0.rest)] })
    manifest["heatLayer"] = .string(
      content.layers.first { $0.layer.name == content.evidence.first?.layer }?.name ?? "")
    manifest["fusedDifference"] = .number(run.fusedDifference)
    manifest["open"] = opening
    manifest["colours"] = [
      "positive": .string(SHA256.hex(Palette.positive)),
      "signed": .string(SHA256.hex(Palette.signed)),
    ]
    if let atlas = options.atlas { manifest["atlas"] = PageAtlas(atlas, content).json }
    return (.object(manifest), blobs)
  }

  private var photo: JSONValue {
    let preparation = run.model.preprocessing
    return [
      "name": .string(options.photoName), "sha256": .string(options.photoSHA256),
      "height": .integer(run.originalSize.height), "width": .integer(run.originalSize.width),
      "resize": .string(preparation.resize.rawValue), "resizeTo": .integer(preparation.resizeTo),
      "resampling": .string(preparation.resampling.rawValue),
      "mean": .array(preparation.mean.map { .number($0) }),
      "std": .array(preparation.standardDeviation.map { .number($0) }),
    ]
  }

  /// The sums over the network.
  var totals: JSONValue {
    [
      "params": .integer(run.model.parameterCount), "macs": .integer(run.model.graph.multiplyAdds),
      "layers": .integer(content.layers.count),
      "pixels": .integer(run.picture.height * run.picture.width),
      "height": .integer(run.originalSize.height), "width": .integer(run.originalSize.width),
      "channels": .integer(run.picture.channels), "fusedDifference": .number(run.fusedDifference),
    ]
  }

  private var opening: JSONValue {
    var object = JSONObject()
    object["layer"] = .string(content.layers.isEmpty ? "" : content.layers[open.layer].name)
    if let channel = open.channel { object["channel"] = .integer(channel) }
    if let row = open.row, let column = open.column {
      object["y"] = .integer(row)
      object["x"] = .integer(column)
    }
    return .object(object)
  }

  private func layer(_ index: Int) -> JSONValue {
    let layer = content.layers[index]
    let statistics = layer.layer.statistics
    var object = JSONObject()
    object["name"] = .string(layer.name)
    object["type"] = .string(type(of: layer.layer.operation).name)
    object["details"] = .string(layer.layer.operation.details)
    object["kind"] = .string(layer.facts.kind)
    object["inputs"] = .array(layer.inputs.map { .string($0) })
    object["shape"] = .array(layer.shape.map { .integer($0) })
    object["params"] = .integer(layer.parameterCount)
    object["macs"] = .integer(layer.layer.multiplyAdds)
    if layer.facts.attributes.count > 0 { object["attr"] = .object(layer.facts.attributes) }
    if let field = layer.layer.receptiveField {
      func axis(_ axis: ReceptiveField.Axis) -> JSONValue {
        [.number(axis.size), .number(axis.jump), .number(axis.offset)]
      }
      object["rf"] = [
        "h": axis(field.height), "w": axis(field.width), "global": .bool(field.isGlobal),
      ]
    }
    object["stat"] = [
      "min": .number(Double(statistics.minimum)), "max": .number(Double(statistics.maximum)),
      "mean": .number(statistics.mean), "std": .number(statistics.standardDeviation),
      "zeros": .number(statistics.zeros),
    ]
    object["hist"] = .array(layer.histogram.map { .integer($0) })
    object["sha"] = .string(layer.sum)
    if let micros = layer.micros { object["micros"] = .number(micros) }
    object["kept"] = .array(content.kept[index].map { .integer($0) })
    if content.derived.contains(index) { object["derived"] = true }
    if content.detail.isFull { object["whole"] = true }
    if !content.detail.isFull, layer.isSpatial {
      let focus = content.focus[index]
      var peaks = JSONObject()
      for channel in content.kept[index] {
        let peak = layer.peak(channel, rows: focus.rows, columns: focus.columns)
        peaks["\(channel)"] = [.integer(peak.row), .integer(peak.column)]
      }
      object["peaks"] = .object(peaks)
    }
    if let sheet = sheets[index] {
      object["sprite"] = [
        "columns": .integer(sheet.columns), "h": .integer(sheet.tileHeight),
        "w": .integer(sheet.tileWidth), "channels": .array(sheet.channels.map { .integer($0) }),
        "ranges": .array(
          sheet.ranges.map { [.number(Double($0.low)), .number(Double($0.high))] }),
      ]
    }
    return .object(object)
  }
}
