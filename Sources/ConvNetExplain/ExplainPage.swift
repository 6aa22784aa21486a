internal import CConvNetAssets
public import ConvNet
internal import ConvNetFormats
public import ConvNetGraph
internal import ConvNetText

/// A page that shows a run step by step: one HTML file without any address of the outside.
///
/// It holds the tensors of the run, exactly and completely where they fit, else in windows around the
/// strongest answers; every number on it says where it comes from, and the page checks them all. The
/// same run gives the same bytes.
///
/// ```swift
/// let run = try model.explain(photo)
/// let page = try ExplainPage(run)
/// ```
public struct ExplainPage: Sendable {
  /// The document.
  public let html: String
  /// Whether every number of every layer is in it.
  public let isComplete: Bool
  /// How much was left out to keep the budget: 0 for nothing.
  public let reduction: Int

  /// Writes the page of a run.
  ///
  /// - Throws: ``ConvNetError`` of kind `notFound` for a layer that does not exist, `invalidArgument`
  ///   for a class, channel or position that does not, or where the page does not fit its budget.
  public init(_ run: Inspection, options: PageOptions = PageOptions()) throws(ConvNetError) {
    let layers = PageContent.layers(of: run)
    guard !layers.isEmpty else {
      throw ConvNetError(.unsupported, "a network without layers has no steps to show")
    }
    var classes = run.ranking(5)
    if let wanted = options.classIndex {
      guard (0..<run.scores.count).contains(wanted) else {
        throw ConvNetError(
          .invalidArgument, "class \(wanted) does not exist",
          reason: "the network has classes 0...\(run.scores.count - 1)")
      }
      classes = [wanted] + classes.filter { $0 != wanted }
    }
    if let atlas = options.atlas {
      // Both list the network's layers by its own names; of one network all are found.
      let channels = Dictionary(
        layers.map { ($0.layer.name, $0.size.channels) }, uniquingKeysWith: { first, _ in first })
      for layer in atlas.layers where channels[layer.name] != layer.channels.count {
        throw ConvNetError(
          .invalidArgument, "the atlas is not of this network",
          reason:
            "it has \(layer.channels.count) channels of '\(layer.name.escapedForDisplay)', the "
            + "network \(channels[layer.name].map { "has \($0)" } ?? "has no such layer")",
          advice: "make it again: convnet atlas MODEL DATA -o net.atlas")
      }
    }
    let evidence = run.evidenceLayer == nil ? [] : try run.evidence(for: classes)
    let open = try ExplainPage.opening(layers, run, options)

    let ladder = PageDetail.ladder(
      channels: options.channels, hasAtlas: options.atlas != nil)
    for (step, detail) in ladder.enumerated() {
      // What cannot fit need not be tried.
      let count = layers.reduce(0) { $0 + $1.count } + run.model.parameterCount / 8
      if detail.isFull, count > options.budget { continue }
      let content = PageContent(run, layers: layers, evidence: evidence, detail: detail)
      let html = ExplainPage.document(content, options, open)
      if html.utf8.count <= options.budget {
        self.html = html
        isComplete = detail.isFull
        reduction = step
        return
      }
    }
    throw ConvNetError(
      .invalidArgument, "the page does not fit \(options.budget) bytes",
      advice: "raise the budget, or use --text and --dump")
  }

  private static func opening(
    _ layers: [PageLayer], _ run: Inspection, _ options: PageOptions
  ) throws(ConvNetError) -> (layer: Int, channel: Int?, row: Int?, column: Int?) {
    var index = layers.firstIndex { $0.facts.kind == "conv" } ?? 0
    if let wanted = options.layer {
      guard let found = layers.firstIndex(where: { $0.layer.name == wanted }) else {
        _ = try run.model.receptiveField(of: wanted)
        throw ConvNetError(.notFound, "no layer is called '\(wanted.escapedForDisplay)'")
      }
      index = found
    }
    let size = layers[index].size
    if let channel = options.channel, !(0..<size.channels).contains(channel) {
      throw ConvNetError(
        .invalidArgument, "\(layers[index].layer.name) has no channel \(channel)",
        reason: "it has channels 0...\(size.channels - 1)")
    }
    if let place = options.position {
      guard (0..<size.height).contains(place.row), (0..<size.width).contains(place.column) else {
        throw ConvNetError(
          .invalidArgument,
          "\(layers[index].layer.name) has no position \(place.row),\(place.column)",
          reason: "its maps are \(size.height)×\(size.width)")
      }
    }
    return (index, options.channel, options.position?.row, options.position?.column)
  }

  private static func document(
    _ content: PageContent, _ options: PageOptions,
    _ open: (layer: Int, channel: Int?, row: Int?, column: Int?)
  ) -> String {
    let sheets = content.layers.map { layer -> Sheet? in
      guard layer.isSpatial else { return nil }
      return Sheet(
        layer.layer.output, channels: Array(layer.ranked.prefix(content.detail.tiles)).sorted(),
        isSigned: layer.layer.statistics.minimum < 0, limit: content.detail.tilePixels)
    }
    let words = PageWords(options.language)
    var parts = PageBody(content: content, sheets: sheets, options: options, words: words).parts()
    let (manifest, blobs) = Manifest(
      content: content, sheets: sheets, options: options, open: open
    ).json()
    parts["run"] = Markup.script(manifest)
    parts["text-en"] = Markup.script(words.texts["en"] ?? .null)
    parts["text-zh"] = Markup.script(words.texts["zh"] ?? .null)
    parts["blobs"] = blobs.map { blob in
      "<script type=\"application/octet-stream\" id=\"\(blob.id)\">\(PageBlob.text(blob.numbers))</script>"
    }.joined(separator: "\n")
    parts["script"] = PageAssets.script
    parts["style"] = PageAssets.style
    parts["script-hash"] = "sha256-" + Base64.encoded(SHA256.digest(PageAssets.script.utf8))
    parts["style-hash"] = "sha256-" + Base64.encoded(SHA256.digest(PageAssets.style.utf8))
    return filled(PageAssets.text(CN_ASSET_PAGE), parts)
  }

  /// The template with its places filled; what fills them is not looked at again.
  static func filled(_ template: String, _ parts: [String: String]) -> String {
    var result = ""
    var rest = template[...]
    while let start = rest.firstRange(ofText: "{{") {
      result += rest[..<start.lowerBound]
      rest = rest[start.upperBound...]
      guard let end = rest.firstRange(ofText: "}}") else { break }
      result += parts[String(rest[..<end.lowerBound])] ?? ""
      rest = rest[end.upperBound...]
    }
    return result + rest
  }
}
