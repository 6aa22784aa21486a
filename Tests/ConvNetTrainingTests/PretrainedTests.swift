import ConvNet
import Testing

/// Weights that others trained, with the scores that PyTorch gave for them.
private enum Pretrained {
  static func file(_ name: String) -> String { Golden.folder + "/data/models/" + name }
  static var isPresent: Bool { (try? FileBytes(path: file("resnet20_ref.safetensors"))) != nil }

  /// The pictures of a reference file, which lie channel after channel.
  static func images(_ reference: SafetensorsFile) throws -> [Image] {
    let tensor = try reference.tensor(named: "image_u8_NCHW")
    let (height, width) = (tensor.shape[2], tensor.shape[3])
    let plane = height * width
    let samples = tensor.elements
    return try (0..<tensor.shape[0]).map { (number) throws(ConvNetError) -> Image in
      try Image(
        width: width, height: height, channels: 3,
        pixels: (0..<plane * 3).map {
          UInt8(samples[(number * 3 + $0 % 3) * plane + $0 / 3])
        })
    }
  }
}

@Suite(.enabled(if: Pretrained.isPresent, "the trained weights are not there"))
struct PretrainedTests {
  @Test func theScoresOfATrainedResNetAreThoseOfPyTorch() async throws {
    var model = try Model(zoo: "resnet20")
    // A checkpoint of torch.nn.DataParallel: {"state_dict": ..., "best_prec1": ...}.
    try model.load(Pretrained.file("resnet20-12fca82f.th"))
    model.preprocessing.mean = [0.485, 0.456, 0.406]
    model.preprocessing.standardDeviation = [0.229, 0.224, 0.225]

    let reference = try SafetensorsFile(path: Pretrained.file("resnet20_ref.safetensors"))
    let images = try Pretrained.images(reference)
    let predictor = try model.predictor(batch: 5)
    let difference = largestDifference(
      try await predictor(images), try reference.tensor(named: "logits"))
    #expect(difference < 1e-5)
    print("resnet20: largest relative difference of the scores \(difference)")
    let labels = try reference.tensor(named: "label").elements
    let answers = try await predictor.classify(images, top: 1).map { Float($0[0].index) }
    #expect(answers == labels)
  }
}
