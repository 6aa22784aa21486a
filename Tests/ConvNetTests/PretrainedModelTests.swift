import ConvNet
import Testing

/// A published network on photos, from the file to the five likeliest classes.
@Suite struct PretrainedModelTests {
  private struct Photo {
    let file: String
    let top: [(index: Int, share: Double)]
  }

  private static let isPossible =
    Files.shared("photos/photos.json") != nil && Files.hasEfficientNetLite0

  private static func photos() throws -> [Photo] {
    let list = try JSONValue(contentsOf: #require(Files.shared("photos/photos.json")))["photos"]
    return try #require(list?.array).map { photo in
      Photo(
        file: try #require(photo["file"]?.string),
        top: try #require(photo["efflite0_top5"]?.array).map { row in
          (try #require(row.array?[0].int), try #require(row.array?[2].double))
        })
    }
  }

  /// Decoding, resizing and cropping are ours; PyTorch's side used Pillow.
  @Test(
    .enabled(
      if: isPossible, "needs shared/data and: convnet models get efficientnet-lite0"))
  func theFiveBestOfEachPhotoAreThoseOfPyTorch() async throws {
    let photos = try Self.photos()
    #expect(photos.count == 25)
    let model = try Model(pretrained: "efficientnet-lite0")
    #expect(model.labels.count == 1000)
    let predictor = try model.predictor(batch: 5)
    let images = try photos.map {
      try Image(path: #require(Files.shared("photos/" + $0.file)))
    }
    var largest = 0.0
    for (photo, answers) in zip(photos, try await predictor.classify(images)) {
      #expect(answers.map(\.index) == photo.top.map(\.index), "\(photo.file)")
      for (answer, expected) in zip(answers, photo.top) {
        largest = max(largest, abs(answer.probability - expected.share))
      }
    }
    print("25 photos: largest difference of a share from PyTorch's \(largest)")
    #expect(largest < 0.01)
  }

  @Test(
    .enabled(
      if: isPossible && Files.shared("models/efflite0_ref.safetensors") != nil,
      "needs shared/data and: convnet models get efficientnet-lite0"))
  func theScoresOfStoredCropsAreThoseOfPyTorch() async throws {
    let file = try SafetensorsFile(
      path: #require(Files.shared("models/efflite0_ref.safetensors")))
    let crops = try file.data(named: "crop_u8_NHWC").bytes
    let size = 224 * 224 * 3
    let images = try stride(from: 0, to: crops.count, by: size).map { start in
      try Image(
        width: 224, height: 224, channels: 3, pixels: Array(crops[start..<(start + size)]))
    }
    let predictor = try Model(pretrained: "efficientnet-lite0").predictor(batch: 5)
    let scores = try await predictor(images)
    let expected = try file.tensor(named: "logits")
    try #require(scores.shape == expected.shape)
    let scale = expected.elements.reduce(0) { max($0, abs($1)) }
    let difference = zip(scores.elements, expected.elements).reduce(0) { max($0, abs($1.0 - $1.1)) }
    print("10 crops: largest difference of a score \(difference / scale) of the largest score")
    #expect(difference / scale < 1e-4)
  }

  @Test func namesAreSuggested() {
    #expect(throws: ConvNetError.self) { try PretrainedModel.named("efficientnet-lite9") }
    do {
      _ = try PretrainedModel.named("efficientnet-light0")
    } catch {
      #expect(
        error.description == """
          unknown pretrained network 'efficientnet-light0' — did you mean 'efficientnet-lite0'?
            there are: efficientnet-lite0, efficientnet-lite1, efficientnet-lite2
          """)
    }
  }

  /// Names, shapes and preparation fit each other: no network is needed to find out.
  @Test(arguments: PretrainedModel.all.map(\.name)) func fitsItsNetwork(name: String) throws {
    let pretrained = try PretrainedModel.named(name)
    let entry = try Zoo.entry(pretrained.architecture)
    #expect(entry.classes == 1000)
    let preprocessing = pretrained.preprocessing
    #expect(entry.input == [3, preprocessing.height, preprocessing.width])
    try preprocessing.validate()
  }
}
