internal import CConvNetAssets
internal import ConvNetFormats
internal import ConvNetText

/// Pieces of HTML: texts are escaped here and nowhere else.
package enum Markup {
  /// A text as HTML shows it, in elements and in attributes.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      // Characters that change the direction of writing could make a name read as something else.
      case "\u{200E}", "\u{200F}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": result += "�"
      case "\u{0}"..<"\u{20}", "\u{7F}"..."\u{9F}": result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// JSON inside a script element.
  static func script(_ value: JSONValue) -> String {
    value.serialized().replacingText("<", with: "\\u003c").replacingText(
      "\u{2028}", with: "\\u2028"
    )
    .replacingText("\u{2029}", with: "\\u2029")
  }

  /// A measured number: where it comes from, exactly what it is, and four digits of it.
  static func number(_ source: String, _ value: Double) -> String {
    span(source, exact(value), shown(value))
  }

  /// A measured single-precision number.
  static func number(_ source: String, _ value: Float) -> String {
    span(source, "\(value)", shown(Double(value)))
  }

  /// A whole number of the network's description.
  static func count(_ source: String, _ value: Int) -> String {
    span(source, "\(value)", NumberFormat.grouped(value))
  }

  private static func span(_ source: String, _ exact: String, _ shown: String) -> String {
    "<span class=\"n\" data-src=\"\(escaped(source))\" data-v=\"\(exact)\">\(shown)</span>"
  }

  private static func exact(_ value: Double) -> String { value == 0 ? "0" : "\(value)" }

  /// Four significant digits with a real minus sign; never "-0".
  static func shown(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    if value == 0 { return "0" }
    let text =
      value.magnitude >= 1e6 || value.magnitude < 1e-4
      ? NumberFormat.significant(value, digits: 4)
      : plain(value)
    return text.replacingText("-", with: "−")
  }

  private static func plain(_ value: Double) -> String {
    var magnitude = 0
    var rest = value.magnitude
    while rest >= 10 {
      rest /= 10
      magnitude += 1
    }
    while rest < 1 {
      rest *= 10
      magnitude -= 1
    }
    var text = NumberFormat.fixed(value, decimals: max(0, 3 - magnitude))
    guard text.contains(".") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// A picture as an address of itself.
  package static func address(_ png: [UInt8]) -> String {
    "data:image/png;base64," + Base64.encoded(png)
  }

  static func code(_ text: String) -> String { "<code data-static>\(escaped(text))</code>" }
  static func fixed(_ text: String) -> String { "<span data-static>\(escaped(text))</span>" }
}

/// The page's words in both languages.
struct PageWords {
  let texts: [String: JSONValue]
  let language: PageOptions.Language

  init(_ language: PageOptions.Language) {
    self.language = language == .zh ? .zh : .en
    var texts: [String: JSONValue] = [:]
    for (name, asset) in [("en", CN_ASSET_ENGLISH), ("zh", CN_ASSET_CHINESE)] {
      texts[name] = try? JSONValue(parsing: PageAssets.text(asset), name: name)
    }
    self.texts = texts
  }

  /// A text without holes.
  func text(_ key: String) -> String {
    texts[language.rawValue]?[key]?.string ?? key
  }

  /// A sentence that the script can say again in the other language, with its holes filled by HTML.
  func sentence(_ tag: String, _ key: String, _ holes: [String: String] = [:], _ more: String = "")
    -> String
  {
    var html = Markup.escaped(text(key))
    for (name, value) in holes {
      html = html.replacingText("{\(name)}", with: "<span data-hole=\"\(name)\">\(value)</span>")
    }
    return "<\(tag) data-t=\"\(key)\"\(more)>\(html)</\(tag)>"
  }
}
