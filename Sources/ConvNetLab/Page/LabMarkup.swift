internal import ConvNetExplain

/// Pieces of HTML that say the same thing in both languages.
///
/// Both texts are in the page; a style rule hides the one that is not wanted, so that no script is
/// needed to change the language.
enum LabMarkup {
  static func escaped(_ text: String) -> String { Markup.escaped(text) }
  static func address(_ png: [UInt8]) -> String { Markup.address(png) }

  /// A text inside an element.
  static func text(_ words: Bilingual) -> String {
    if words.en == words.zh { return escaped(words.en) }
    return "<span lang=\"en\">\(escaped(words.en))</span>"
      + "<span lang=\"zh-Hans\">\(escaped(words.zh))</span>"
  }

  /// A text for an attribute, which no rule can hide a part of.
  static func attribute(_ words: Bilingual) -> String {
    words.en == words.zh ? escaped(words.en) : escaped("\(words.en) / \(words.zh)")
  }

  /// An element with a text.
  static func element(_ name: String, _ words: Bilingual, _ attributes: String = "") -> String {
    "<\(name)\(attributes.isEmpty ? "" : " " + attributes)>\(text(words))</\(name)>"
  }

  /// A table that scrolls by itself where it is too wide.
  static func table(_ table: LabTable, showsTitle: Bool = true) -> String {
    let rows = table.rows.map { row in
      let cells = row.enumerated().map { index, cell -> String in
        let words = text(cell.words)
        if index == 0 { return "<th scope=\"row\">\(words)</th>" }
        let time = if case .time = cell { " class=\"time\"" } else { "" }
        return cell.isNumber ? "<td\(time)>\(words)</td>" : "<td class=\"words\">\(words)</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    let head = table.columns.enumerated().map { index, column in
      let isNumber = table.rows.first.map { index < $0.count && $0[index].isNumber } ?? true
      return "<th scope=\"col\"\(isNumber ? "" : " class=\"words\"")>\(text(column))</th>"
    }.joined()
    let caption = showsTitle ? element("caption", table.title) : ""
    return "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
      + "aria-label=\"\(attribute(table.title))\"><table class=\"facts\">\(caption)"
      + "<thead><tr>\(head)</tr></thead><tbody>\(rows.joined())</tbody></table></div>"
  }
}
