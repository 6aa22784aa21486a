import ConvNetFormats
import ConvNetGraph
import Testing

/// Pictures made on the spot, for tests that need a source.
struct MadeImages: LabeledImages {
  let pictures: [(image: Image, label: Int)]
  let classNames: [String]
  var count: Int { pictures.count }
  var channels: Int { pictures.first?.image.channels ?? 3 }
  func label(at index: Int) -> Int { pictures[index].label }
  func image(at index: Int) throws(ConvNetError) -> Image { pictures[index].image }
  func name(at index: Int) -> String { "made \(index)" }
}

@Suite struct StatisticsTests {
  @Test func meanAndDeviationByHand() throws {
    let pictures = [
      (try Image(width: 2, height: 1, channels: 3, pixels: [0, 10, 255, 100, 10, 255]), 1),
      (try Image(width: 1, height: 2, channels: 3, pixels: [50, 20, 0, 50, 20, 0]), 0),
    ]
    let source = MadeImages(pictures: pictures, classNames: ["a", "b", "c"])
    let statistics = try DatasetStatistics(of: source)
    #expect(statistics.count == 2)
    #expect(statistics.classCounts == [1, 1, 0])
    #expect(statistics.mean == [50.0 / 255, 15.0 / 255, 0.5])
    // Red: deviations -50, 50, 0, 0 give a variance of 1250.
    #expect(abs(statistics.standardDeviation[0] - 1250.0.squareRoot() / 255) < 1e-12)
    #expect(abs(statistics.standardDeviation[1] - 5.0 / 255) < 1e-12)
    #expect(abs(statistics.standardDeviation[2] - 0.5) < 1e-12)

    var merged = DatasetStatistics(channels: 3, classes: 3)
    for (image, label) in pictures.reversed() {
      var part = DatasetStatistics(channels: 3, classes: 3)
      part.add(image, label: label)
      merged.merge(part)
    }
    #expect(merged == statistics)
    #expect(DatasetStatistics(channels: 1, classes: 1).mean == [0])
  }

  @Test func splitsKeepShares() throws {
    let image = try Image(width: 1, height: 1, channels: 1, pixels: [0])
    let counts = [100, 37, 10, 2, 1, 0]
    let pictures = counts.enumerated().flatMap { label, count in
      (0..<count).map { _ in (image: image, label: label) }
    }
    let source = MadeImages(pictures: pictures, classNames: counts.map { "\($0)" })
    let (first, second) = try source.stratifiedSplit(fraction: 0.1, seed: 3)
    #expect(second.classCounts == [10, 4, 1, 1, 0, 0])
    #expect(first.classCounts == [90, 33, 9, 1, 1, 0])
    #expect(
      Set((0..<first.count).map(first.name)).isDisjoint(with: (0..<second.count).map(second.name)))
    for fraction in [0, 1, -0.1, 1.5, .nan, .infinity] {
      expectError(
        .invalidArgument,
        "the validation share \(fraction) is out of range\n  it must be above 0 and below 1"
      ) { try source.stratifiedSplit(fraction: fraction, seed: 0) }
    }
  }
}
