import ConvNetText
import Testing

@Suite struct SearchingTests {
  @Test func findsTheFirst() {
    let text = "größe, Größe, größe"
    #expect(text.firstRange(ofText: "größe").map { text[..<$0.lowerBound] } == "")
    #expect(text.firstRange(ofText: "Größe").map { String(text[$0]) } == "Größe")
    #expect(text.firstRange(ofText: "") == nil)
    #expect(text.firstRange(ofText: text + "n") == nil)
    #expect("aab".contains(text: "ab") && !"aab".contains(text: "ba"))
  }

  @Test func replacesAllFromTheFront() {
    #expect("a<b<<c".replacingText("<", with: "&lt;") == "a&lt;b&lt;&lt;c")
    #expect("aaa".replacingText("aa", with: "a") == "aa")
    #expect("卷积".replacingText("卷", with: "") == "积")
    #expect("x".replacingText("", with: "y") == "x")
  }
}
