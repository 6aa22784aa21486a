import ConvNet
import Testing

@Suite struct LearningRateScheduleTests {
  @Test(.enabled(if: Golden.isPresent, "PyTorch's cases are not there"))
  func everyRateIsAsInPyTorch() throws {
    let golden = try #require(Golden.shared)
    let cases = golden.cases("lr_scheduler.")
    #expect(!cases.isEmpty || Golden.isNamed)
    var largest = 0.0
    for item in cases {
      func number(_ key: String) -> Double { item.parameters[key]?.double ?? .nan }
      let rates = (item.content["lr_per_step"]?.array ?? []).compactMap(\.double)
      #expect(!rates.isEmpty)
      let schedule: LearningRateSchedule
      var (total, peak) = (rates.count, number("base_lr"))
      switch item.operation {
      case "lr_scheduler.StepLR":
        schedule = LearningRateSchedule(
          .step(epochs: number("step_size"), gamma: number("gamma")))
      case "lr_scheduler.CosineAnnealingLR":
        schedule = LearningRateSchedule(.cosine(minimum: number("eta_min")))
        total = Int(number("T_max"))
      default:
        schedule = LearningRateSchedule(
          .oneCycle(
            rise: number("pct_start"), initialDivisor: number("div_factor"),
            finalDivisor: number("final_div_factor")))
        peak = number("max_lr")
      }
      for (step, expected) in rates.enumerated() {
        let rate = schedule.learningRate(
          step: step, stepsPerEpoch: 1, totalSteps: total, peak: peak)
        largest = max(largest, abs(rate - expected) / expected)
        #expect(abs(rate - expected) <= 1e-12 * peak, "\(item.id), step \(step)")
      }
    }
    print("schedules: \(cases.count) cases, largest relative difference \(largest)")
  }

  @Test(arguments: [
    LearningRateSchedule.Curve.constant, .step(epochs: 1), .cosine(), .oneCycle(),
  ])
  func theWarmUpRisesEvenlyToTheCurvesStart(_ curve: LearningRateSchedule.Curve) {
    let schedule = LearningRateSchedule(curve, warmupEpochs: 2)
    let rates = (0..<40).map {
      schedule.learningRate(step: $0, stepsPerEpoch: 4, totalSteps: 40, peak: 0.9)
    }
    let plain = LearningRateSchedule(curve)
    let start = plain.learningRate(step: 0, stepsPerEpoch: 4, totalSteps: 32, peak: 0.9)
    for step in 0...8 {
      #expect(abs(rates[step] - start * Double(step + 1) / 9) < 1e-12)
    }
    for step in 8..<40 {
      #expect(
        rates[step]
          == plain.learningRate(step: step - 8, stepsPerEpoch: 4, totalSteps: 32, peak: 0.9))
    }
  }

  @Test func lengthsOfNothingGiveAFiniteRate() {
    for curve in [LearningRateSchedule.Curve.constant, .step(epochs: 1), .cosine(), .oneCycle()] {
      for total in [0, 1, 2] {
        for step in [0, 1, 5] {
          let rate = LearningRateSchedule(curve, warmupEpochs: 1).learningRate(
            step: step, stepsPerEpoch: 0, totalSteps: total, peak: 0.1)
          #expect(rate.isFinite && rate >= 0)
        }
      }
    }
  }

  @Test func settingsOutOfRangeAreRefused() {
    #expect(throws: ConvNetError.self) { try LearningRateSchedule(.step(epochs: 0)).validate() }
    #expect(throws: ConvNetError.self) {
      try LearningRateSchedule(.constant, warmupEpochs: -1).validate()
    }
    let error = #expect(throws: ConvNetError.self) {
      try LearningRateSchedule(.oneCycle(rise: 1.5)).validate()
    }
    #expect(error?.description == "schedule: rise 1.5 is not possible\n  it must be in 0...1")
  }
}
