/// A text in both languages of the pages.
package struct Bilingual: Hashable, Sendable {
  /// The English words.
  package let en: String
  /// The Chinese words.
  package let zh: String

  /// A text and what it is in Chinese.
  package init(_ en: String, _ zh: String) {
    self.en = en
    self.zh = zh
  }

  /// What is the same in both languages: a number, a name, a formula.
  package init(same text: String) { self.init(text, text) }

  /// Both texts, one behind the other.
  package static func + (left: Bilingual, right: Bilingual) -> Bilingual {
    Bilingual(left.en + right.en, left.zh + right.zh)
  }
}
