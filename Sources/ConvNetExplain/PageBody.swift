internal import CConvNetAssets
internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetText

/// The parts of the page that stand without a script: picture, answer, pipeline, tables, maps.
struct PageBody {
  let content: PageContent
  let sheets: [Sheet?]
  let options: PageOptions
  let words: PageWords

  private var run: Inspection { content.run }
  private var top: [Int] {
    var list = run.ranking(options.topCount)
    if let wanted = options.classIndex, !list.contains(wanted) { list.append(wanted) }
    return list
  }

  /// What fills the template's places, the scripts' places left out.
  func parts() -> [String: String] {
    var parts: [String: String] = [:]
    for (key, value) in words.texts[words.language.rawValue]?.object?.members.map({
      ($0.key, $0.value.string ?? "")
    }) ?? [] {
      parts["t:\(key)"] = Markup.escaped(value)
    }
    let best = run.ranking(1).first ?? 0
    parts["lang"] = words.language == .zh ? "zh-Hans" : "en"
    parts["tool"] = Markup.escaped(options.tool)
    parts["title"] = Markup.escaped(
      words.text("title").replacingText("{name}", with: options.photoName))
    parts["photo-name"] = Markup.escaped(options.photoName)
    parts["model-name"] = Markup.escaped(options.modelName)
    parts["flag"] = ""
    parts["picture"] = Markup.address(IndexedPNG.bytes(of: run.picture))
    parts["width"] = "\(run.picture.width)"
    parts["height"] = "\(run.picture.height)"
    parts["picture-alt"] = Markup.escaped(
      "\(options.photoName), \(run.picture.width)×\(run.picture.height)")
    parts["photo-caption"] = words.sentence(
      "span", "photo.caption",
      [
        "size": Markup.fixed("\(run.picture.height)×\(run.picture.width)"),
        "channels": Markup.count("meta:run.channels", run.picture.channels),
      ])
    parts["original"] = original
    parts["answer"] = Markup.fixed(run.model.label(best))
    parts["answer-say"] = words.sentence(
      "p", "answer.say",
      [
        "size": Markup.count("meta:run.pixels", run.picture.width * run.picture.height),
        "macs": Markup.count("meta:run.macs", run.model.graph.multiplyAdds),
        "layers": Markup.count("meta:run.layers", content.layers.count),
        "share": percent(best),
      ])
    parts["shares"] = top.map { share($0, isFirst: $0 == best) }.joined()
    parts["heat-classes"] = content.evidence.map { found in
      "<option value=\"\(found.classIndex)\" data-static>\(Markup.escaped(run.model.label(found.classIndex)))</option>"
    }.joined()
    parts["stages"] = content.layers.indices.map(stage).joined()
    let columns = [
      "layer", "type", "output", "params", "macs", "field", "jump", "min", "mean", "max", "zeros",
    ]
    parts["table-head"] = (columns + (isTimed ? ["time"] : [])).map {
      words.sentence("th", "th.\($0)", [:], " scope=\"col\"")
    }.joined()
    parts["table"] = content.layers.indices.map(row).joined()
    parts["sheets"] = content.layers.indices.map(sheet).joined()
    parts["glossary"] = glossary
    parts["commands"] = [
      "convnet explain \(options.photoName) --model \(options.modelName) -o page.html "
        + "--dump run.safetensors",
      "convnet verify page.html --tensors run.safetensors",
    ].map(Markup.escaped).joined(separator: "\n")
    parts["about"] = about
    return parts
  }

  /// Whether it was measured how long layers take.
  private var isTimed: Bool { run.layers.contains { $0.time != nil } }

  private func percent(_ index: Int) -> String {
    Markup.number("calc:100*prob:\(index)", 100 * run.probabilities[index])
  }

  private var original: String {
    let size = Markup.fixed("\(run.originalSize.width)×\(run.originalSize.height)")
    let preparation = run.model.preprocessing
    guard
      run.originalSize.height != run.picture.height || run.originalSize.width != run.picture.width
    else { return "" }
    let how = Markup.fixed(
      "\(preparation.resize.rawValue) \(preparation.resizeTo), \(preparation.resampling.rawValue)")
    var picture = ""
    if let photo = options.photo, let small = try? preview(photo) {
      picture =
        "<img src=\"\(Markup.address(IndexedPNG.bytes(of: small)))\" width=\"\(small.width)\" "
        + "height=\"\(small.height)\" alt=\"\(Markup.escaped(options.photoName))\">"
    }
    return "<div class=\"original\">\(picture)"
      + words.sentence("p", "photo.flag", ["from": size, "how": how]) + "</div>"
  }

  private func preview(_ photo: Image) throws(ConvNetError) -> Image {
    let shrink = max(1, Double(max(photo.width, photo.height)) / 120)
    return try photo.converted(to: photo.channels == 1 ? .gray : .rgb).resized(
      width: max(1, Int(Double(photo.width) / shrink)),
      height: max(1, Int(Double(photo.height) / shrink)), .box)
  }

  private func share(_ index: Int, isFirst: Bool) -> String {
    let width = NumberFormat.fixed(1000 * run.probabilities[index], decimals: 2)
    return "<tr\(isFirst ? " class=\"first\"" : "")><th scope=\"row\" data-static>"
      + Markup.escaped(run.model.label(index)) + "</th><td><div class=\"share\">"
      + "<svg viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
      + "<rect class=\"track\" width=\"1000\" height=\"10\"/><rect width=\"\(width)\" height=\"10\"/></svg>"
      + "<span>\(percent(index)) %</span></div></td><td>"
      + Markup.number("score:\(index)", run.scores.elements[index]) + "</td></tr>"
  }

  private func stage(_ index: Int) -> String {
    let layer = content.layers[index]
    let depth = min(3, max(0, Int(Double(layer.size.channels).squareRoot() / 4)))
    var face = "<span class=\"dot\"></span>"
    if layer.isSpatial, let first = content.kept[index].first {
      let thumb = Sheet(
        layer.layer.output, channels: [first], isSigned: layer.layer.statistics.minimum < 0,
        limit: content.detail.isFull ? 32 : 20)
      let height = Self.stageHeight(layer.size.height)
      let width = max(8, height * layer.size.width / max(1, layer.size.height))
      face =
        "<img class=\"d\(depth)\" src=\"\(Markup.address(thumb.png))\" width=\"\(min(width, 160))\" "
        + "height=\"\(height)\" alt=\"\">"
    }
    let before = index == 0 ? "input" : content.layers[index - 1].name
    let others = layer.inputs.filter { $0 != before }
    let from =
      others.isEmpty || index == 0
      ? ""
      : "<small class=\"from\" data-static>← \(Markup.escaped(others.joined(separator: ", ")))</small>"
    let shape = layer.shape.map(String.init).joined(separator: "×")
    let field = layer.layer.receptiveField.map { field in
      "<small><span data-t=\"field\">\(Markup.escaped(words.text("field")))</span> "
        + Markup.number("meta:\(layer.name).rf", field.height.size) + "</small>"
    }
    let parameters =
      layer.parameterCount > 0
      ? Markup.count("meta:\(layer.name).params", layer.parameterCount)
        + " <span data-t=\"params\">\(Markup.escaped(words.text("params")))</span>" : "–"
    return "<button class=\"stage\" role=\"tab\" id=\"stage-\(index)\" data-index=\"\(index)\" "
      + "data-testid=\"layer-\(Markup.escaped(layer.name))\" aria-selected=\"false\" "
      + "tabindex=\"-1\" aria-controls=\"panel\">"
      + "<span class=\"face\">\(face)</span><b data-static>\(Markup.escaped(Self.short(layer.name)))</b>"
      + "<small data-static>\(shape)</small><small>\(parameters)</small>\(field ?? "<small>–</small>")\(from)</button>"
  }

  /// A long path shows its last parts.
  private static func short(_ name: String) -> String {
    name.count <= 22 ? name : "…" + name.suffix(20)
  }

  private static func stageHeight(_ rows: Int) -> Int {
    var (height, size) = (18.0, Double(rows))
    while size > 1 {
      height += 14
      size /= 2
    }
    return Int(height)
  }

  private func row(_ index: Int) -> String {
    let layer = content.layers[index]
    let statistics = layer.layer.statistics
    let name = layer.name
    let details = [type(of: layer.layer.operation).name, layer.layer.operation.details]
      .filter { !$0.isEmpty }.joined(separator: " ")
    var cells = [
      "<th scope=\"row\"><button data-static>\(Markup.escaped(name))</button></th>",
      "<td data-static>\(Markup.escaped(details))</td>",
      "<td data-static>\(layer.shape.map(String.init).joined(separator: "×"))</td>",
      "<td>\(Markup.count("meta:\(name).params", layer.parameterCount))</td>",
      "<td>\(Markup.count("meta:\(name).macs", layer.layer.multiplyAdds))</td>",
    ]
    if let field = layer.layer.receptiveField {
      cells.append("<td>\(Markup.number("meta:\(name).rf", field.height.size))</td>")
      cells.append("<td>\(Markup.number("meta:\(name).jump", field.height.jump))</td>")
    } else {
      cells += ["<td>–</td>", "<td>–</td>"]
    }
    for (key, value) in [
      ("min", Double(statistics.minimum)), ("mean", statistics.mean),
      ("max", Double(statistics.maximum)),
    ] {
      cells.append("<td>\(Markup.number("stat:\(name).\(key)", value))</td>")
    }
    cells.append(
      "<td>\(Markup.number("calc:100*stat:\(name).zeros", 100 * statistics.zeros))</td>")
    if isTimed {
      let time = layer.micros.map { Markup.number("meta:\(name).micros", $0) }
      cells.append("<td>\(time ?? "–")</td>")
    }
    return "<tr data-index=\"\(index)\">\(cells.joined())</tr>"
  }

  private func sheet(_ index: Int) -> String {
    guard let sheet = sheets[index] else { return "" }
    let layer = content.layers[index]
    let statistics = layer.layer.statistics
    let alt =
      "\(layer.name): \(sheet.channels.count) / \(layer.size.channels), "
      + "\(layer.size.height)×\(layer.size.width), "
      + "\(Markup.shown(Double(statistics.minimum))) … \(Markup.shown(Double(statistics.maximum)))"
    return "<figure><img id=\"maps-\(index)\" src=\"\(Markup.address(sheet.png))\" "
      + "width=\"\(sheet.width)\" height=\"\(sheet.height)\" alt=\"\(Markup.escaped(alt))\">"
      + "<figcaption data-static>\(Markup.escaped(layer.name))</figcaption></figure>"
  }

  private var glossary: String {
    let entries =
      (try? JSONValue(parsing: PageAssets.text(CN_ASSET_GLOSSARY), name: "glossary"))?.array ?? []
    return entries.map { entry in
      let texts = (entry.array ?? []).map { Markup.escaped($0.string ?? "") }
      guard texts.count == 4 else { return "" }
      return
        "<div><dt><span lang=\"en\">\(texts[0])</span> · <span lang=\"zh-Hans\">\(texts[1])</span></dt>"
        + "<dd lang=\"en\">\(texts[2])</dd><dd lang=\"zh-Hans\">\(texts[3])</dd></div>"
    }.joined()
  }

  private var about: String {
    let facts = [
      options.tool, "\(options.modelName) sha256 \(options.modelSHA256)",
      "\(options.photoName) sha256 \(options.photoSHA256)",
      "\(run.model.architecture), \(run.instructionSet)",
    ]
    return words.sentence(
      "p", "about.say",
      ["difference": Markup.number("meta:run.fusedDifference", run.fusedDifference)])
      + words.sentence("p", content.detail.isFull ? "about.left" : "about.windows")
      + "<pre data-static>\(facts.map(Markup.escaped).joined(separator: "\n"))</pre>"
  }
}
