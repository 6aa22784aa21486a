import ConvNetFormats
import Testing

/// What every page has to be: well-formed, without an address of the outside, without styles or
/// handlers in attributes, and with sums that fit its style and script.
struct PageShape {
  let html: String

  init(_ html: String) { self.html = html }

  func check() throws {
    try checkTags()
    #expect(html.hasPrefix("<!DOCTYPE html>"))
    for forbidden in [
      "http:", "https:", "src=\"//", " style=\"", " onclick", "javascript:", "@import",
    ] {
      #expect(!html.contains(forbidden), "\(forbidden)")
    }
    for (tag, rule) in [("style", "style-src"), ("script", "script-src")] {
      let content = try #require(between("<\(tag)>", "</\(tag)>"))
      let sum = "sha256-" + Base64.encoded(SHA256.digest(content.utf8))
      #expect(html.contains("\(rule) '\(sum)'"), "\(tag)")
    }
    #expect(html.contains("default-src 'none'"))
    // Every text that is there in one language is there in the other.
    let english = html.components(of: "lang=\"en\">").count
    let chinese = html.components(of: "lang=\"zh-Hans\">").count
    #expect(english == chinese && english > 20)
    #expect(!html.contains(">nan") && !html.contains("inf,"))
  }

  private func between(_ start: String, _ end: String) -> String? {
    guard let from = html.firstRange(of: start),
      let to = html[from.upperBound...].firstRange(of: end)
    else { return nil }
    return String(html[from.upperBound..<to.lowerBound])
  }

  /// Every element that is opened is closed again, in order.
  private func checkTags() throws {
    let empty: Set<String> = ["meta", "input", "br", "img"]
    var open: [String] = []
    var rest = Substring(html)
    while let start = rest.firstIndex(of: "<") {
      rest = rest[start...]
      guard let end = rest.firstIndex(of: ">") else { break }
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("!") || tag.hasSuffix("/") { continue }
      if tag.hasPrefix("/") {
        let name = String(tag.dropFirst())
        let last = open.popLast()
        try #require(last == name, "</\(name)> closes <\(last ?? "nothing")>")
        continue
      }
      let name = String(tag.prefix { !$0.isWhitespace })
      #expect(name.allSatisfy { $0.isLetter || $0.isNumber }, "<\(tag)>")
      if empty.contains(name) { continue }
      open.append(name)
      if name == "style" || name == "script" {
        let close = try #require(rest.firstRange(of: "</\(name)>"))
        rest = rest[close.lowerBound...]
      }
    }
    #expect(open.isEmpty, "\(open)")
  }
}

extension String {
  fileprivate func components(of text: String) -> [Range<String.Index>] { ranges(of: text) }
}
