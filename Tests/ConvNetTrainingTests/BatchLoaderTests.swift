@testable import ConvNet
import Testing

/// A loader's batches: pixels, labels, failures.
private struct Loaded: Equatable {
  var pixels: [UInt8] = []
  var labels: [Int32] = []
  var failures: [Int] = []
}

private func load(_ request: BatchLoader.Request) -> [Loaded] {
  let loader = BatchLoader(request)
  var all: [Loaded] = []
  let preprocessing = request.preprocessing
  let size = preprocessing.channels * preprocessing.height * preprocessing.width
  while let batch = loader.nextBatch() {
    all.append(
      Loaded(
        pixels: Array(UnsafeBufferPointer(start: batch.pixels, count: batch.count * size)),
        labels: Array(UnsafeBufferPointer(start: batch.labels, count: batch.count)),
        failures: batch.failures.map(\.picture)))
  }
  return all
}

private func request(_ pictures: Pictures, side: Int = 8) -> BatchLoader.Request {
  BatchLoader.Request(
    images: pictures,
    order: CounterRandom(seed: 3, stream: "order").permutation(count: pictures.count), batch: 10,
    preprocessing: Preprocessing(channels: pictures.channels, height: side, width: side),
    augmentation: .strong, random: CounterRandom(seed: 4, stream: "augmentation"))
}

@Suite struct BatchLoaderTests {
  @Test(arguments: [0, 1, 2, 5], [1, 2, 4])
  func theThreadsDoNotChangeAByte(_ threads: Int, _ depth: Int) {
    var request = request(Pictures(count: 47, channels: 3, broken: [3, 40]))
    request.threads = 0
    let expected = load(request)
    #expect(expected.map(\.labels.count) == [10, 10, 10, 10, 7])
    #expect(expected.flatMap(\.failures).sorted() == [3, 40])
    request.threads = threads
    request.depth = depth
    #expect(load(request) == expected)
  }

  @Test func aResumedPassHasTheSameBatches() {
    var request = request(Pictures(count: 47))
    let expected = load(request)
    request.firstBatch = 3
    #expect(load(request) == Array(expected.dropFirst(3)))
    request.firstBatch = 5
    #expect(load(request).isEmpty)
  }

  @Test func anotherEpochVariesOtherwise() {
    var request = request(Pictures(count: 20))
    let first = load(request)
    request.random = CounterRandom(seed: 4, stream: "another")
    #expect(load(request)[0].pixels != first[0].pixels)
    #expect(load(request)[0].labels == first[0].labels)
  }

  @Test func withoutVariationPicturesGoInAsTheyAre() throws {
    var request = request(Pictures(count: 4, channels: 3))
    request.augmentation = .none
    request.order = [2]
    let image = try Pictures(count: 4, channels: 3).image(at: 2)
    let expected = (0..<3).flatMap { channel in
      (0..<64).map { image.pixels[3 * $0 + channel] }
    }
    #expect(load(request)[0].pixels == expected)
  }

  @Test func aLoaderThatIsLeftEarlyEndsItsThreads() {
    for _ in 0..<50 {
      var request = request(Pictures(count: 47))
      request.threads = 3
      let loader = BatchLoader(request)
      #expect(loader.nextBatch()?.count == 10)
    }
  }

  @Test func unreadablePicturesAreReplacedByTheNext() throws {
    var request = request(Pictures(count: 4, broken: [1, 3]))
    request.augmentation = .none
    request.order = [0, 1, 2, 3]
    let loader = BatchLoader(request)
    let batch = try #require(loader.nextBatch())
    try batch.replaceFailures(size: 64)
    func pixels(_ position: Int) -> [UInt8] {
      Array(UnsafeBufferPointer(start: batch.pixels + position * 64, count: 64))
    }
    #expect(pixels(1) == pixels(2) && pixels(3) == pixels(0) && pixels(0) != pixels(2))
    #expect((0..<4).map { batch.labels[$0] } == [0, 2, 2, 0])
    request.order = [1, 3]
    let second = BatchLoader(request)
    let broken = try #require(second.nextBatch())
    #expect(throws: ConvNetError.self) { try broken.replaceFailures(size: 64) }
  }
}

@Suite struct AugmentationTests {
  private let preprocessing = Preprocessing(channels: 1, height: 4, width: 4)

  private func picture() throws -> Image {
    try Image(width: 4, height: 4, channels: 1, pixels: (1...16).map { UInt8($0) })
  }

  private func varied(_ augmentation: Augmentation, picture number: Int) throws -> [UInt8] {
    var pixels = [UInt8](repeating: 99, count: 16)
    var draws = Augmentation.Draws(CounterRandom(seed: 1, stream: 1), picture: number)
    try pixels.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      try augmentation.write(picture(), preprocessing, draws: &draws, into: base)
    }
    return pixels
  }

  @Test func aCutOutOfABorderIsAShiftedPicture() throws {
    let augmentation = Augmentation(padding: 0.25)
    var seen: Set<[UInt8]> = []
    for number in 0..<200 {
      let pixels = try varied(augmentation, picture: number)
      seen.insert(pixels)
      var found = false
      for dy in -1...1 {
        for dx in -1...1 {
          let expected = (0..<16).map { index -> UInt8 in
            let (y, x) = (index / 4 + dy, index % 4 + dx)
            return (0..<4).contains(y) && (0..<4).contains(x) ? UInt8(4 * y + x + 1) : 0
          }
          if expected == pixels { found = true }
        }
      }
      #expect(found)
    }
    #expect(seen.count == 9)
  }

  @Test func halfOfThePicturesAreMirrored() throws {
    let mirrored = (0..<4).flatMap { y in (0..<4).reversed().map { UInt8(4 * y + $0 + 1) } }
    let flipped = try (0..<400).count { number in
      let pixels = try varied(Augmentation(flips: true), picture: number)
      #expect(pixels == mirrored || pixels == (1...16).map { UInt8($0) })
      return pixels == mirrored
    }
    #expect((150...250).contains(flipped))
  }

  @Test func aSquareIsBlackened() throws {
    for number in 0..<50 {
      let pixels = try varied(Augmentation(cutout: 1), picture: number)
      #expect((1...4).contains(pixels.count { $0 == 0 }))
    }
  }

  @Test func settingsOutOfRangeAreRefused() {
    #expect(throws: ConvNetError.self) { try Augmentation(padding: .nan).validate() }
    #expect(throws: ConvNetError.self) { try Augmentation(named: "much") }
  }
}
