public import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetText

/// An atlas as one page to look at, to print or to hang up: for each layer a sheet of its channels,
/// nine pieces of pictures each. It needs no script and no connection.
public struct AtlasPage: Sendable {
  /// The document.
  public let html: String

  /// Writes the page of an atlas.
  ///
  /// - Parameters:
  ///   - atlas: what the channels look for.
  ///   - channels: the channels of a layer that are shown, those that answer most.
  ///   - tool: the program and its version.
  ///   - language: the page's language; English where `auto`.
  public init(
    _ atlas: Atlas, channels: Int = 24, tool: String = "convnet",
    language: PageOptions.Language = .en
  ) {
    let words = PageWords(language)
    let style = PageAssets.style
    let hash = "sha256-" + Base64.encoded(SHA256.digest(style.utf8))
    let sheets = AtlasSheets(atlas: atlas, words: words, most: channels)
    let title = Markup.escaped(
      words.text("atlas.title").replacingText("{model}", with: atlas.modelName))
    html = """
      <!DOCTYPE html>
      <html lang="\(words.language == .zh ? "zh-Hans" : "en")">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '\(hash)'; \
      img-src data:; base-uri 'none'; form-action 'none'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="generator" content="\(Markup.escaped(tool))">
      <title>\(title)</title>
      <style>\(style)</style>
      </head>
      <body>
      <header class="top"><p class="brand"><b>convnet</b> <i>atlas</i></p>\
      <p class="files"><code>\(Markup.escaped(atlas.modelName))</code> \
      <code>\(Markup.escaped(atlas.dataName))</code></p></header>
      <main>
      <section class="hero-text"><p class="eyebrow">\(Markup.escaped(words.text("atlas.eyebrow")))</p>
      <h1>\(title)</h1>
      \(sheets.introduction)
      \(sheets.story)</section>
      \(sheets.sections)
      <section><p class="note">\(Markup.escaped(tool)) · sha256 \(Markup.escaped(atlas.modelSHA256))\
      </p></section>
      </main>
      </body>
      </html>

      """
  }
}

/// The parts of an atlas page.
private struct AtlasSheets {
  let atlas: Atlas
  let words: PageWords
  let most: Int

  private func say(_ key: String, _ holes: [String: String] = [:]) -> String {
    var text = words.text(key)
    for (name, value) in holes { text = text.replacingText("{\(name)}", with: value) }
    return Markup.escaped(text)
  }

  var introduction: String {
    let holes = [
      "pictures": NumberFormat.grouped(atlas.pictureCount), "data": atlas.dataName,
      "n": "\(atlas.patchesPerChannel)",
    ]
    return "<p class=\"lede\">\(say("atlas.say", holes))</p>"
      + "<p class=\"note\">\(say("atlas.stripes"))</p>"
  }

  /// One row per depth: the strongest channel of up to five layers, from the first to the last.
  var story: String {
    let layers = atlas.layers.filter { $0.channels.contains { !$0.isEmpty } }
    guard layers.count > 1 else { return "" }
    let count = min(5, layers.count)
    let rows = (0..<count).map { step -> String in
      let layer = layers[step * (layers.count - 1) / max(1, count - 1)]
      guard let channel = ranked(layer).first,
        let strip = AtlasStrip(Array(layer.channels[channel].prefix(5)), limit: 72, gap: 3)
      else { return "" }
      return
        "<li><img src=\"\(Markup.address(strip.png))\" alt=\"\(alt(layer, channel))\">"
        + "<b>\(Markup.escaped(layer.name))</b>"
        + "<span>\(say(AtlasStage(layer, atlas.pictureSize).key))</span></li>"
    }
    return "<ol class=\"story\">\(rows.joined())</ol>"
  }

  var sections: String {
    atlas.layers.map { layer in
      let channels = ranked(layer).prefix(most).sorted()
      let silent = layer.channels.count { $0.isEmpty }
      let facts = say(
        "atlas.layer",
        [
          "field": "\(layer.fieldSize.height)×\(layer.fieldSize.width)",
          "shown": "\(channels.count)", "all": "\(layer.channels.count)",
          "at": layer.measuredAt,
        ])
      let quiet = silent == 0 ? "" : " " + say("atlas.silent", ["n": "\(silent)"])
      return "<section><h2>\(Markup.escaped(layer.name))</h2>"
        + "<p class=\"lede\">\(say(AtlasStage(layer, atlas.pictureSize).key)) \(facts)\(quiet)</p>"
        + "<div class=\"plates\">\(channels.map { plate(layer, $0) }.joined())</div>"
        + "<details><summary>\(say("atlas.sources"))</summary><ul class=\"sources\">"
        + channels.map { source(layer, $0) }.joined() + "</ul></details></section>"
    }.joined(separator: "\n")
  }

  /// The channels that were excited, those that answer most first.
  private func ranked(_ layer: Atlas.Layer) -> [Int] {
    func strength(_ channel: Int) -> Float {
      let patches = layer.channels[channel]
      return patches.reduce(0) { $0 + $1.value } / Float(max(1, patches.count))
    }
    let excited = layer.channels.indices.filter { !layer.channels[$0].isEmpty }
    let strengths = Dictionary(uniqueKeysWithValues: excited.map { ($0, strength($0)) })
    return excited.sorted {
      let (a, b) = (strengths[$0] ?? 0, strengths[$1] ?? 0)
      return a == b ? $0 < $1 : a > b
    }
  }

  private func plate(_ layer: Atlas.Layer, _ channel: Int) -> String {
    let patches = layer.channels[channel]
    let columns = max(1, Int(Double(patches.count).squareRoot().rounded(.up)))
    guard let strip = AtlasStrip(patches, limit: 64, columns: columns, gap: 2),
      let best = patches.first
    else {
      return ""
    }
    return "<figure><img src=\"\(Markup.address(strip.png))\" alt=\"\(alt(layer, channel))\">"
      + "<figcaption>\(channel) · \(Markup.shown(Double(best.value)))</figcaption></figure>"
  }

  private func alt(_ layer: Atlas.Layer, _ channel: Int) -> String {
    say("atlas.alt", ["name": layer.name, "n": "\(channel)"])
  }

  private func source(_ layer: Atlas.Layer, _ channel: Int) -> String {
    let patches = layer.channels[channel].map { patch in
      "\(Markup.escaped(patch.shortName)) <span class=\"n\">\(Markup.shown(Double(patch.value)))</span>"
    }
    return "<li><b>\(channel)</b> \(patches.joined(separator: ", "))</li>"
  }
}

/// What a layer is likely to look for, judged by how much of the picture it sees.
enum AtlasStage: String {
  case edges, corners, parts, objects

  init(_ layer: Atlas.Layer, _ picture: Size2D) {
    let share =
      Double(max(layer.fieldSize.height, layer.fieldSize.width))
      / Double(max(1, max(picture.height, picture.width)))
    self =
      share < 0.13 ? .edges : share < 0.34 ? .corners : share < 0.75 ? .parts : .objects
  }

  /// The key of its sentence.
  var key: String { "stage.\(rawValue)" }
}
