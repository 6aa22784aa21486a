import ConvNetText
import Testing

struct TextTableTests {
  @Test func columnsAreAsWideAsTheirLongestCell() {
    let table = TextTable(
      columns: [.init("layer"), .init("params", .right), .init("output")],
      rows: [["conv1", "1,792", "64×32×32"], ["卷积核二", "73,856", "128×16×16"]],
      footers: [["total", "75,648"]])
    #expect(
      table.lines() == [
        "layer     params  output",
        "───────────────────────────",
        "conv1      1,792  64×32×32",
        "卷积核二  73,856  128×16×16",
        "───────────────────────────",
        "total     75,648",
      ])
  }

  @Test func nothingIsCutOff() {
    let long = String(repeating: "x", count: 500)
    let table = TextTable(columns: [.init("a")], rows: [[long, "beyond"]])
    #expect(table.lines().last == long + "  beyond")
  }

  @Test func rowsThatComeOneAtATimeLineUp() {
    let table = TextTable(columns: [.init("epoch", .right), .init("loss", .right, minimumWidth: 7)])
    #expect(table.titleLine() == "epoch     loss")
    #expect(table.rowLine(["3", "0.912"]) == "    3    0.912")
  }
}
