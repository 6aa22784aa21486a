import ConvNetTerminal
import Testing

/// What a typing error, another program's output or an attack may put where a number belongs.
let notNumbers = [
  "", " ", " 1", "1 ", "abc", "NaN", "nan", "inf", "-inf", "infinity", "0x10", "0b1", "1_000",
  "1,000", "+1", "--1", "1-", "１２", "١٢", "½", "1\n", "1\u{0}", "e5", ".", "-", "1e", "1e+",
  "1.2.3",
  "1f", String(repeating: "a", count: 100_000),
]

struct NumeralTests {
  @Test(arguments: notNumbers)
  func refusesWhatIsNotANumber(text: String) {
    #expect(Numeral.integer(text) == nil)
    #expect(Numeral.number(text) == nil)
  }

  @Test(arguments: [
    ("0", 0), ("-1", -1), ("007", 7), ("9223372036854775807", Int.max),
    ("-9223372036854775808", Int.min),
  ])
  func readsWholeNumbers(text: String, value: Int) {
    #expect(Numeral.integer(text) == value)
  }

  @Test(arguments: ["1.5", "1e3", "9223372036854775808", String(repeating: "9", count: 100_000)])
  func refusesWhatIsNotAWholeNumberOfThisSize(text: String) {
    #expect(Numeral.integer(text) == nil)
  }

  @Test(arguments: [
    ("0.1", 0.1), ("-5", -5), (".5", 0.5), ("2.", 2), ("1e-4", 1e-4), ("1E+2", 100),
    ("4e-400", 0),
  ])
  func readsDecimals(text: String, value: Double) {
    #expect(Numeral.number(text) == value)
  }

  @Test(arguments: ["1e309", "-1e999", String(repeating: "9", count: 400)])
  func refusesWhatIsBeyondADouble(text: String) {
    #expect(Numeral.number(text) == nil)
  }

  @Test(arguments: [
    ("90s", 90.0), ("20m", 1200), ("1h30m", 5400), ("0.5h", 1800), ("1h2m3s", 3723), ("0s", 0),
  ])
  func readsTimes(text: String, seconds: Double) {
    #expect(Numeral.seconds(text) == seconds)
  }

  @Test(arguments: [
    "", "20", "m", "20m1h", "1m1m", "-5s", "1.2.3s", "20 m", "20min", "1h30", "1e3s",
    String(repeating: "9", count: 400) + "h",
  ])
  func refusesOtherTimes(text: String) {
    #expect(Numeral.seconds(text) == nil)
  }

  @Test func readsSizes() {
    #expect(Numeral.sizes("3x32x32") == [3, 32, 32])
    #expect(Numeral.sizes("7") == [7])
    for text in ["", "x", "3x", "3xx3", "3X32", "3x-", String(repeating: "1x", count: 50_000)] {
      #expect(Numeral.sizes(text) == nil, "\(text.prefix(20))")
    }
  }
}
