import ConvNetText
import Testing

struct DisplayWidthTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("卷积核", 6), ("e\u{301}", 1), ("★━", 2), ("🙂", 2),
    ("👩\u{200D}👩\u{200D}👧", 2), ("ｆ", 2), ("a\u{0}b\n", 2), ("한", 2),
  ])
  func countsCells(text: String, cells: Int) {
    #expect(text.displayWidth == cells)
  }

  @Test func padsByCells() {
    #expect("卷积".padded(to: 6) == "卷积  ")
    #expect("卷积".padded(to: 6, alignment: .right) == "  卷积")
    #expect("longer".padded(to: 3) == "longer")
  }

  @Test func cutsByCells() {
    #expect("卷积核".prefix(fittingInto: 5) == "卷积")
    #expect("abc".prefix(fittingInto: 3) == "abc")
    #expect("abc".prefix(fittingInto: 0) == "")
  }

  @Test func wrapsAtSpaces() {
    #expect("one two three".wrapped(to: 7) == ["one two", "three"])
    #expect("a verylongword b".wrapped(to: 5) == ["a", "verylongword", "b"])
    #expect("one\n\ntwo".wrapped(to: 80) == ["one", "", "two"])
  }
}
