import ConvNetText
import Testing

struct NumberFormatTests {
  @Test(arguments: [
    (0, "0"), (7, "7"), (-7, "-7"), (999, "999"), (1000, "1,000"), (-1000, "-1,000"),
    (58_397_696, "58,397,696"), (.max, "9,223,372,036,854,775,807"),
    (.min, "-9,223,372,036,854,775,808"),
  ])
  func groupsThousands(number: Int, expected: String) {
    #expect(NumberFormat.grouped(number) == expected)
  }

  @Test(arguments: [
    (1480.4, "1,480"), (-0.4, "0"), (.infinity, "inf"), (.nan, "nan"), (1e300, "1e+300"),
  ])
  func groupsThousandsOfAnyNumber(number: Double, expected: String) {
    #expect(NumberFormat.grouped(number) == expected)
  }

  @Test(arguments: [
    (0.9124, 3, "0.912"), (0.285, 2, "0.28"), (-0.04, 1, "0.0"), (-0.05001, 1, "-0.1"),
    (2.5, 0, "2"), (1e21, 0, "1000000000000000000000"), (.nan, 2, "nan"), (-.infinity, 2, "-inf"),
  ])
  func keepsDecimals(number: Double, decimals: Int, expected: String) {
    #expect(NumberFormat.fixed(number, decimals: decimals) == expected)
  }

  @Test func theLargestNumberFits() {
    let text = NumberFormat.fixed(-.greatestFiniteMagnitude, decimals: 300)
    #expect(text.count == 1 + 309 + 1 + 300)
  }

  @Test(arguments: [(0.08, 3, "0.08"), (0.000012345, 3, "1.23e-05"), (123_456, 3, "1.23e+05")])
  func keepsSignificantDigits(number: Double, digits: Int, expected: String) {
    #expect(NumberFormat.significant(number, digits: digits) == expected)
  }

  @Test(arguments: [(0.681, "68.1%"), (1, "100.0%"), (.nan, "nan")])
  func showsShares(share: Double, expected: String) {
    #expect(NumberFormat.percent(share) == expected)
  }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_559, "1.6 kB"), (9_960, "10 kB"),
    (999_400, "999 kB"), (999_600, "1.0 MB"), (6_232_104, "6.2 MB"), (.max, "9.2 EB"),
  ])
  func showsBytes(count: Int, expected: String) {
    #expect(NumberFormat.bytes(count) == expected)
  }
}

struct DurationFormatTests {
  @Test(arguments: [
    (0.000_000_012, "12.0 ns"), (0.000_012, "12.0 µs"), (0.045_2, "45.2 ms"), (1.234, "1.23 s"),
    (59.9, "59.9 s"), (59.97, "1 min 0 s"), (125, "2 min 5 s"), (3725, "1 h 2 min"),
    (-90, "-1 min 30 s"), (.nan, "nan"),
  ])
  func speaks(seconds: Double, expected: String) {
    #expect(DurationFormat.spoken(seconds: seconds) == expected)
  }

  @Test(arguments: [
    (0, "0:00"), (31.4, "0:31"), (59.6, "1:00"), (725, "12:05"), (3723, "1:02:03"),
    (-4, "0:00"), (.infinity, "-:--"), (1e300, "876600:00:00"),
  ])
  func showsAClock(seconds: Double, expected: String) {
    #expect(DurationFormat.clock(seconds: seconds) == expected)
  }
}
