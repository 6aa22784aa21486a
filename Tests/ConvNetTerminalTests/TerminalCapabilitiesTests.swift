import ConvNetTerminal
import Testing

struct TerminalCapabilitiesTests {
  func read(
    _ variables: [String: String], isTerminal: Bool = true, width: Int? = 120,
    noColour: Bool = false
  ) -> TerminalCapabilities {
    TerminalCapabilities(
      isTerminal: isTerminal, reportedWidth: width, noColour: noColour
    ) { variables[$0] }
  }

  @Test func aModernTerminalCanDoEverything() {
    let terminal = read(["TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"])
    #expect(
      terminal
        == TerminalCapabilities(
          isTerminal: true, redraws: true, colours: .trueColour, isUnicode: true, width: 120))
    #expect(read(["TERM": "xterm"]).colours == .palette256)
  }

  @Test func aPipeIsPlainUTF8() {
    #expect(read(["COLORTERM": "truecolor"], isTerminal: false, width: nil) == .plain)
  }

  @Test(arguments: [["TERM": "dumb"], ["NO_COLOR": "1"], ["CI": "true"]])
  func plainRowsWhereALineCannotBeDrawnOver(variables: [String: String]) {
    #expect(!read(variables).redraws)
  }

  @Test func coloursCanBeRefused() {
    #expect(read(["NO_COLOR": "1"]).colours == .none)
    #expect(read(["TERM": "dumb"]).colours == .none)
    #expect(read([:], noColour: true).colours == .none)
    #expect(!read([:], noColour: true).redraws)
    #expect(read(["NO_COLOR": ""]).redraws, "empty counts as not set")
  }

  @Test func theLocaleDecidesOnUnicode() {
    #expect(!read(["LANG": "C"]).isUnicode)
    #expect(!read(["LANG": "en_GB.UTF-8", "LC_ALL": "C"]).isUnicode)
    #expect(read(["LC_CTYPE": "zh_CN.utf8"]).isUnicode)
    #expect(!read([:]).isUnicode)
  }

  @Test func theWidthIsSane() {
    #expect(read([:], width: nil).width == 80)
    #expect(read(["COLUMNS": "100"], width: nil).width == 100)
    #expect(read(["COLUMNS": "-5"], width: 0).width == 80)
    #expect(read(["COLUMNS": "99999999999999999999"], width: nil).width == 80)
  }
}
