import ConvNetFormats
import ConvNetGraph
import Testing

@Suite struct ResizingTests {
  @Test func equalsPillowByteForByte() throws {
    let file = try SafetensorsFile(path: Fixtures.path)
    var compared = 0
    for entry in file.entries where entry.name.hasPrefix("resize/") {
      let parts = entry.name.split(separator: "/").map(String.init)
      let source = try Fixtures.image("source/" + parts[1], in: file)
      let expected = try Fixtures.image(entry.name, in: file)
      let resampling = try #require(Resampling(rawValue: parts[2]))
      let resized = try source.resized(
        width: expected.width, height: expected.height, resampling)
      #expect(largestDifference(resized, expected) == 0, "\(entry.name)")
      compared += 1
    }
    #expect(compared >= 55)
  }

  @Test func sameSizeIsTheSamePicture() throws {
    let image = try Fixtures.image("source/colour")
    for resampling in Resampling.allCases {
      #expect(try image.resized(width: image.width, height: image.height, resampling) == image)
    }
  }

  @Test(arguments: [
    (640, 480, 224, 298, 224), (480, 640, 224, 224, 298), (100, 100, 50, 50, 50),
    (3, 1000, 2, 2, 666), (400, 533, 256, 256, 341),
  ])
  func shorterSideFollowsTorchvision(
    width: Int, height: Int, side: Int, newWidth: Int, newHeight: Int
  ) throws {
    let image = try Image(
      width: width, height: height, channels: 1,
      pixels: [UInt8](repeating: 9, count: width * height))
    let resized = try image.resized(shorterSide: side)
    #expect((resized.width, resized.height) == (newWidth, newHeight))
    #expect(resized.pixels.allSatisfy { $0 == 9 })
  }

  @Test func sizesOutOfRangeAreErrors() throws {
    let image = try Image(width: 1, height: 1, channels: 1, pixels: [0])
    for (width, height) in [(0, 1), (1, 0), (-1, 5), (.max, 2), (20_000, 20_000)] {
      expectError(
        .invalidArgument,
        "a picture cannot be resized to \(width) x \(height)\n  it must have 1...100000000 pixels"
      ) { try image.resized(width: width, height: height) }
    }
    let wide = try Image(width: 3, height: 1, channels: 1, pixels: [0, 0, 0])
    #expect(throws: ConvNetError.self) { try wide.resized(shorterSide: .max) }
    #expect(throws: ConvNetError.self) { try wide.resized(shorterSide: 0) }
  }

  @Test func crops() throws {
    let image = try Image(width: 3, height: 2, channels: 1, pixels: [1, 2, 3, 4, 5, 6])
    #expect(try image.cropped(x: 1, y: 0, width: 2, height: 2).pixels == [2, 3, 5, 6])
    #expect(try image.cropped(x: -1, y: 1, width: 3, height: 2).pixels == [0, 4, 5, 0, 0, 0])
    #expect(try image.cropped(x: 9, y: 9, width: 1, height: 1).pixels == [0])
    // torchvision: round((3 - 2) / 2) is 0, to the even side.
    #expect(try image.centerCropped(width: 2, height: 1).pixels == [1, 2])
    #expect(try image.centerCropped(width: 1, height: 2).pixels == [2, 5])
    let surrounded: [UInt8] = [0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0, 0]
    #expect(try image.centerCropped(width: 4, height: 4).pixels == surrounded)
    for (width, height) in [(0, 1), (1, -1), (.max, .max)] {
      #expect(throws: ConvNetError.self) {
        try image.centerCropped(width: width, height: height)
      }
      #expect(throws: ConvNetError.self) {
        try image.cropped(x: 0, y: 0, width: width, height: height)
      }
    }
    #expect(throws: ConvNetError.self) { try image.cropped(x: .min, y: 0, width: 1, height: 1) }
  }

  @Test func tensorsAndBack() throws {
    let image = try Image(width: 2, height: 1, channels: 3, pixels: [0, 128, 255, 10, 20, 30])
    let plain = try image.tensor()
    #expect(plain.shape == [3, 1, 2])
    let expected: [Float] = [0, 10, 128, 20, 255, 30].map { $0 / 255 }
    #expect(plain.elements == expected)
    #expect(try Image(plain) == image)
    let normal = try image.tensor(mean: [0.5, 0, 0], standardDeviation: [0.25, 1, 2])
    #expect(normal[0, 0, 0] == -2)
    #expect(normal[2, 0, 0] == 0.5)
    expectError(
      .invalidArgument,
      "mean [0.0] and deviation [1.0, 1.0, 1.0] do not fit 3 channels\n"
        + "  one number per channel is needed, deviations above zero"
    ) { try image.tensor(mean: [0]) }
    #expect(throws: ConvNetError.self) { try image.tensor(standardDeviation: [1, 0, 1]) }
    let odd = try Tensor([1, 1, 4], [.nan, -3, 7, .infinity])
    #expect(try Image(odd).pixels == [0, 0, 255, 255])
    #expect(throws: ConvNetError.self) { try Image(Tensor([2, 2])) }
  }

  @Test func coloursConvertAsPillowsDo() throws {
    let image = try Image(
      width: 4, height: 1, channels: 3, pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255])
    #expect(image.converted(to: .gray).pixels == [76, 150, 29, 255])
    let alpha = try Image(
      width: 3, height: 1, channels: 4, pixels: [10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 128])
    #expect(alpha.converted(to: .rgb).pixels == [10, 20, 30, 255, 255, 255, 127, 127, 127])
    #expect(alpha.converted(to: .gray).channels == 1)
    expectError(
      .invalidArgument,
      "3 samples do not make a picture of 2 x 2 with 1 channels\n"
        + "  width x height x channels must be the number of samples, channels 1, 3 or 4"
    ) { try Image(width: 2, height: 2, channels: 1, pixels: [1, 2, 3]) }
  }
}
