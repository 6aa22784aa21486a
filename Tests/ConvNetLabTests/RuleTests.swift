import ConvNetGraph
import Testing

@testable import ConvNetLab

@Suite struct RuleTests {
  private func check(_ isMet: Bool, isMain: Bool = true) -> Check {
    let none = Bilingual(same: "")
    return Check(none, rule: none, measured: none, isMet: isMet, isMain: isMain)
  }

  @Test func aVerdictFollowsFromTheChecks() {
    #expect(Verdict([check(true), check(true, isMain: false)]) == .holds)
    #expect(Verdict([check(true), check(false, isMain: false)]) == .partly)
    #expect(Verdict([check(true), check(false)]) == .partly)
    #expect(Verdict([check(false), check(true, isMain: false)]) == .doesNotHold)
    #expect(Verdict([check(false)]) == .doesNotHold)
    #expect(Verdict([]) == .doesNotHold)
  }

  @Test func aMeasurementKnowsItsMeanAndSpread() {
    let measurement = Measurement([2, 4, 9])
    #expect(measurement.mean == 5)
    // Deviations -3, -1, 4: 26 / 2 = 13.
    #expect(abs(measurement.spread - 13.0.squareRoot()) < 1e-12)
    #expect((measurement.lowest, measurement.highest) == (2, 9))
    #expect(Measurement([3]).spread == 0 && Measurement([]).mean == 0)
    #expect((measurement - Measurement([1, 1, 1])).values == [1, 3, 8])
    #expect((measurement / Measurement([2, 0, 3])).values == [1, 0, 3])
  }

  @Test func chanceIsNoDifference() {
    // Three seeds: mean 0.02 and a standard error of 0.01/sqrt(3); 2.92 of them are 0.0169.
    #expect(Measurement([0.01, 0.02, 0.03]).isClearlyPositive(margin: 0.005))
    // The same mean with twice the spread: 0.0337 would be needed.
    #expect(!Measurement([0, 0.02, 0.04]).isClearlyPositive(margin: 0.005))
    // Certain, but too small to matter.
    #expect(!Measurement([0.001, 0.001, 0.001]).isClearlyPositive(margin: 0.005))
    // Two seeds need 6.31 standard errors; one shows no chance.
    #expect(!Measurement([0.01, 0.03]).isClearlyPositive(margin: 0.005))
    #expect(Measurement([0.02]).isClearlyPositive(margin: 0.005))
    #expect(!Measurement([-0.02]).isClearlyPositive(margin: 0.005))
    #expect(!Measurement([0]).isClearlyPositive(margin: 0))
  }

  @Test func checksApplyTheirRules() {
    let none = Bilingual(same: "")
    let high = Measurement([0.9, 0.91, 0.92])
    let low = Measurement([0.8, 0.81, 0.82])
    #expect(Check.higher(none, high, than: low).isMet)
    #expect(!Check.higher(none, low, than: high).isMet)
    #expect(!Check.notLower(none, low, than: high).isMet)
    #expect(Check.notLower(none, high, than: low).isMet)
    #expect(Check.notLower(none, Measurement([0.8]), than: Measurement([0.804])).isMet)
    #expect(Check.always(none, right: 3, of: 3).isMet)
    #expect(!Check.always(none, right: 2, of: 3).isMet)
    #expect(!Check.always(none, right: 0, of: 0).isMet)
    #expect(Check.limit(none, high, .atLeast(0.91), .percent).isMet)
    #expect(!Check.limit(none, high, .atMost(0.9), .percent).isMet)
    #expect(!Check.limit(none, Measurement([.nan]), .atMost(1), .percent).isMet)
  }

  @Test func numbersAreWrittenForPeople() {
    #expect(LabFormat.percent.text(Measurement([0.85, 0.86, 0.87])) == "86.0 ± 1.0%")
    #expect(LabFormat.percent.text(Measurement([0.85])) == "85.0%")
    #expect(LabFormat.points.text(0.0123) == "+1.23")
    #expect(LabFormat.points.text(-0.0123) == "−1.23")
    #expect(LabFormat.whole.text(58_397_696) == "58,397,696")
    #expect(LabFormat.seconds.text(Measurement([1, 3])) == "2.00 ± 1.41 s")
  }
}
