import ConvNet
import ConvNetEngine
import ConvNetFormats
import ConvNetGraph
import Synchronization
import Testing

@testable import ConvNetLab

@Suite struct ExperimentTests {
  /// Every experiment gives the same numbers at 1 and 2 threads, and a page that is well formed.
  @Test(arguments: Experiments.names) func theNumbersDoNotDependOnThreads(name: String) throws {
    let experiment = try #require(Experiments.named(name))
    let one = try LabSamples.lab(threads: 1).run(experiment)
    let two = try LabSamples.lab(threads: 2).run(experiment)
    #expect(one.repeated == two.repeated)
    #expect(!one.checks.isEmpty && !one.tables.isEmpty && !one.figures.isEmpty)
    #expect(one.checks.contains(where: \.isMain) && !one.method.isEmpty && !one.findings.isEmpty)
    #expect(one.seeds == [0])
    for table in one.tables {
      #expect(table.rows.allSatisfy { $0.count == table.columns.count }, "\(table.title.en)")
      #expect(!table.rows.isEmpty)
    }
    let page = LabPage([one], command: "convnet lab \(name)", tool: "test", machine: "test")
    try PageShape(page.html).check()
    let text = LabText.text(one)
    #expect(text.contains("verdict: the claim \(one.verdict.words.en)"))
  }

  @Test func everyTextIsThereInBothLanguages() throws {
    for experiment in Experiments.all {
      for text in [experiment.title, experiment.claim, experiment.question] {
        #expect(!text.en.isEmpty && !text.zh.isEmpty && text.en != text.zh)
      }
      let report = try LabSamples.lab().run(experiment)
      for text in report.findings + report.method + report.checks.map(\.statement) {
        #expect(text.en != text.zh, "\(experiment.name): \(text.en)")
        let isChinese = text.zh.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }
        #expect(isChinese, "\(text.zh)")
      }
    }
  }

  @Test func namesAreKnown() {
    #expect(
      Experiments.names == [
        "kernels", "stride", "padding", "size", "activation", "batchnorm", "pooling", "depth",
        "channels",
      ])
    #expect(Experiments.named("strides") == nil)
  }

  @Test func withoutPicturesNothingIsLearned() {
    let lab = Lab(seeds: 1, scale: LabSamples.scale)
    #expect { try lab.run(StrideExperiment()) } throws: { error in
      (error as? ConvNetError)?.kind == .notFound
        && (error as? ConvNetError)?.advice?.contains("--data") == true
    }
  }

  @Test func aLabCanBeStopped() throws {
    let asked = Atomic(0)
    let lab = Lab(
      data: try LabSamples.data(), seeds: 3, scale: LabSamples.scale,
      isCancelled: { asked.add(1, ordering: .relaxed).newValue > 3 })
    #expect { try lab.run(ChannelsExperiment()) } throws: { error in
      (error as? ConvNetError)?.kind == .cancelled
    }
  }

  @Test func progressRunsToItsEnd() throws {
    let seen = Mutex<[LabProgress]>([])
    let lab = Lab(
      data: try LabSamples.data(), seeds: 1, scale: LabSamples.scale,
      onProgress: { progress in seen.withLock { $0.append(progress) } })
    _ = try lab.run(StrideExperiment())
    let progress = seen.withLock { $0 }
    #expect(progress.count >= 3)
    #expect(zip(progress, progress.dropFirst()).allSatisfy { $0.done <= $1.done })
    #expect(progress.allSatisfy { $0.done <= $0.total })
  }
}

@Suite struct ExactTests {
  @Test func theWalkAndTheFormulaAgreeOnKnownLayers() {
    func side(_ size: Int, _ kernel: Int, _ padding: Int, _ stride: Int, _ dilation: Int = 1)
      -> SizeExperiment.Side
    {
      SizeExperiment.Side(
        size: size, kernel: kernel, stride: stride, padding: padding, dilation: dilation)
    }
    #expect(side(32, 3, 1, 1).formula == 32)
    #expect(side(224, 7, 3, 2).formula == 112)
    #expect(side(7, 3, 0, 3).formula == 2 && !side(7, 3, 0, 3).isWhole)
    #expect(side(5, 7, 0, 1).formula == nil && side(5, 7, 0, 1).walk.isEmpty)
    #expect(side(5, 3, 1, 2).walk == [2, 3, 2])
    #expect(side(6, 3, 0, 1, 2).formula == 2 && side(6, 3, 0, 1, 2).walk == [3, 3])
  }

  @Test func theSizeFormulaHoldsOnlyRoundedDown() throws {
    let report = try LabSamples.lab().run(SizeExperiment())
    #expect(report.checks.map(\.isMet) == [true, true, true, false])
    #expect(report.verdict == .partly)
  }

  @Test func kernelsAnswerWhereTheirFeatureIs() throws {
    let lab = try LabSamples.lab()
    let random = CounterRandom(seed: 5, stream: "test")
    for (number, kind) in DrawnPicture.Kind.allCases.enumerated() where kind != .ramp {
      let picture = DrawnPicture(kind, random, number: number, noise: 0)
      let answers = try lab.answers(
        of: kind.kernel, to: picture.pixels, width: DrawnPicture.side, height: DrawnPicture.side)
      let most = try #require(answers.indices.max { answers[$0].magnitude < answers[$1].magnitude })
      #expect(picture.isFeature(index: most), "\(kind)")
      #expect(!picture.isFeature(index: 0))
    }
    // A step of height 1 under Sobel's kernel: 1 + 2 + 1.
    let step = (0..<81).map { Float($0 % 9 >= 4 ? 1 : 0) }
    let answers = try lab.answers(of: .vertical, to: step, width: 9, height: 9)
    #expect(answers[4 * 9 + 4] == 4 && answers[4 * 9 + 3] == 4 && answers[4 * 9 + 6] == 0)
    #expect(try lab.answers(of: .horizontal, to: step, width: 9, height: 9).allSatisfy { $0 == 0 })
    #expect(abs(NamedKernel.circle.numbers.reduce(0, +)) < 1e-6)
    #expect(abs(NamedKernel.blur.numbers.reduce(0, +) - 1) < 1e-6)
    #expect(NamedKernel.sharpen.numbers.reduce(0, +) == 1)
  }

  @Test func linearLayersAreOne() throws {
    let (lab, data) = (try LabSamples.lab(), try LabSamples.data())
    #expect(try ActivationExperiment.twoAsOne(seed: 3, lab) < 1e-5)
    func distance(_ kind: ActivationExperiment.Kind) throws -> Double {
      let model = try Model(
        ActivationExperiment.network(kind, for: data, width: 8), input: data.inputShape, seed: 1)
      return try ActivationExperiment.distanceFromOneLayer(model, data, lab)
    }
    #expect(try distance(.none) < 1e-4)
    #expect(try distance(.relu) > 1e-2)
  }

  @Test func shiftedPicturesRepeatTheirBorder() throws {
    let image = try Image(width: 3, height: 2, channels: 1, pixels: [1, 2, 3, 4, 5, 6])
    #expect(try image.shifted(x: 1, y: 0).pixels == [1, 1, 2, 4, 4, 5])
    #expect(try image.shifted(x: -1, y: 0).pixels == [2, 3, 3, 5, 6, 6])
    #expect(try image.shifted(x: 0, y: 1).pixels == [1, 2, 3, 1, 2, 3])
    #expect(try image.shifted(x: 0, y: 0).pixels == image.pixels)
  }

  @Test func sameOrDifferentIsExclusiveOr() throws {
    let data = try SameOrDifferent.data(scale: LabSamples.scale)
    let side = SameOrDifferent.side
    for index in 0..<data.test.count {
      let pixels = try data.test.image(at: index).pixels
      func mean(_ isLeft: Bool) -> Int {
        let half = pixels.indices.filter { ($0 % side < side / 2) == isLeft }
        return half.reduce(0) { $0 + Int(pixels[$1]) } / half.count
      }
      let isSame = (mean(true) > 128) == (mean(false) > 128)
      #expect(data.test.label(at: index) == (isSame ? 0 : 1))
    }
    #expect(data.test.classCounts == [data.test.count / 2, data.test.count / 2])
  }

  @Test func frozenFeaturesStay() throws {
    let (lab, data) = (try LabSamples.lab(), try LabSamples.data())
    let whole = try lab.train(
      DepthExperiment.network(2, for: data), on: data, seed: 0, TrialSettings(epochs: 1),
      title: "whole")
    let features = whole.model.weights.filter { $0.name.hasPrefix("features.") }
    let probe = try lab.train(
      DepthExperiment.network(1, for: data), on: data, seed: 7,
      TrialSettings(epochs: 1, frozen: ["features."]), title: "probe", start: Weights(features))
    let name = "features.conv1.weight"
    #expect(probe.model.weights[name] == whole.model.weights[name])
    #expect(probe.model.weights["head.fc.weight"] != whole.model.weights["head.fc.weight"])
  }
}
