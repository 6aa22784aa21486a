@testable import ConvNet
import Testing

private func model(seed: UInt64 = 2) throws -> Model {
  var model = try Model(
    SmallClassifier(), input: [1, 8, 8], seed: seed, labels: ["rows", "columns", "middle"])
  model.preprocessing.mean = [0.3]
  model.preprocessing.standardDeviation = [0.5]
  model.preprocessing.resampling = .bicubic
  return model
}

@Suite struct ModelTests {
  @Test func aSavedModelIsReadBackWhole() async throws {
    let folder = try TemporaryFolder()
    var model = try model()
    var configuration = TrainingConfiguration()
    configuration.seed = 77
    model.training = TrainingRecord(
      configuration: configuration, epochs: 3, accuracy: 0.5, loss: 1.25)
    try model.save(to: folder("net.safetensors"))
    let read = try Model(contentsOf: folder("net.safetensors"))
    #expect(read.weights.isIdentical(to: model.weights))
    #expect(read.labels == model.labels)
    #expect(read.preprocessing == model.preprocessing)
    #expect(read.architecture == "SmallClassifier")
    #expect(read.training == model.training)
    #expect(try read.bytes() == model.bytes())
    let image = try Pictures().image(at: 1)
    let (before, after) = (try model.predictor(), try read.predictor())
    #expect(try await before(image) == after(image))
  }

  @Test func aSavedModelIsAlsoAFileOfWeights() throws {
    let folder = try TemporaryFolder()
    let first = try model(seed: 1)
    try first.save(to: folder("net.safetensors"))
    var second = try model(seed: 9)
    let report = try second.load(folder("net.safetensors"))
    #expect(second.weights.isIdentical(to: first.weights))
    #expect(report.loaded == first.weights.names)
  }

  @Test func partsThatDoNotFitAreNotSaved() throws {
    let folder = try TemporaryFolder()
    var model = try model()
    model.labels = ["one", "two"]
    let error = #expect(throws: ConvNetError.self) { try model.save(to: folder("x.safetensors")) }
    #expect(
      error?.description == """
        2 class names for 3 scores
          make the network for 2 classes, or load another head
        """)
    model = try self.wrongWeights()
    #expect(throws: ConvNetError.self) { try model.save(to: folder("x.safetensors")) }
    #expect(throws: ConvNetError.self) { try Model(contentsOf: folder("x.safetensors")) }
  }

  private func wrongWeights() throws -> Model {
    var model = try model()
    model.weights["fc.bias"] = Tensor([7])
    return model
  }

  @Test func damagedModelFilesAreErrors() throws {
    let model = try model()
    let plain = try SafetensorsFile.bytes(of: model.weights)
    let error = #expect(throws: ConvNetError.self) { try Model(bytes: plain, name: "plain.st") }
    #expect(
      error?.description == """
        plain.st: holds weights but no network
          make the network first, then load the weights into it: model.load(path)
        """)
    func damaged(_ change: (inout [String: String], inout Weights) -> Void) throws -> String {
      var (metadata, weights) = (try model.metadata(), model.weights)
      change(&metadata, &weights)
      let bytes = try SafetensorsFile.bytes(of: weights, metadata: metadata)
      let error = #expect(throws: ConvNetError.self) { try Model(bytes: bytes, name: "m") }
      #expect(error?.kind == .invalidData || error?.kind == .unsupported)
      return error?.summary ?? ""
    }
    #expect(
      try damaged { metadata, _ in metadata["convnet.graph"] = "{}" }
        == "m: convnet.graph: has no \"values\"")
    #expect(
      try damaged { metadata, _ in metadata["convnet.version"] = "2" }
        == "m: is a model file of version 2")
    #expect(
      try damaged { metadata, _ in metadata["convnet.labels"] = "[1]" }
        == "m: convnet.labels: [0]: is a whole number, expected is a string")
    #expect(
      try damaged { metadata, _ in metadata["convnet.labels"] = "[\"a\"]" }
        == "m: 1 class names for 3 scores")
    #expect(
      try damaged { _, weights in weights["fc.bias"] = nil }
        == "m: the weights do not fit the network: 1 problems")
    #expect(
      try damaged { metadata, _ in
        metadata["convnet.preprocessing"] = metadata["convnet.preprocessing"]?
          .replacing("\"height\":8", with: "\"height\":-8")
      } == "m: preprocessing: an input of -8 x 8 pixels is not possible")
    #expect(
      try damaged { metadata, _ in
        metadata["convnet.graph"] = metadata["convnet.graph"]?
          .replacing("\"op\":\"ReLU\"", with: "\"op\":\"Evil\"")
      } == "m: convnet.graph: node 'relu': unknown operation 'Evil'")
  }

  // MARK: Strict and partial loading

  private func state(_ change: (inout Weights) -> Void) throws -> Weights {
    var weights = try model(seed: 8).weights
    weights["bn1.num_batches_tracked"] = Tensor([1])
    change(&weights)
    return weights
  }

  @Test func aWholeStateDictIsLoaded() throws {
    var model = try model()
    let weights = try state { _ in }
    let report = try model.load(weights)
    #expect(report.ignored == ["bn1.num_batches_tracked"])
    #expect(report.loaded.count == 9)
    #expect(model.weights["fc.weight"] == weights["fc.weight"])
    #expect(model.weights["bn1.running_var"] == weights["bn1.running_var"])
  }

  @Test func everythingThatDoesNotFitIsNamedAtOnce() throws {
    var model = try model()
    let before = model.weights
    let weights = try state { weights in
      weights["conv2.biass"] = weights["conv2.bias"]
      weights["conv2.bias"] = nil
      weights["bn1.weight"] = nil
      weights["fc.weight"] = Tensor([10, 8])
      weights["extra.weight"] = Tensor([1])
    }
    let error = #expect(throws: ConvNetError.self) { try model.load(weights, name: "net.pth") }
    #expect(error?.kind == .invalidData)
    #expect(
      error?.description == """
        net.pth: does not fit the network: 2 missing, 2 unexpected, 1 of another shape
          missing: 'bn1.weight' [8], 'conv2.bias' [8] (the file has 'conv2.biass'); \
        unexpected: 'conv2.biass' [8], 'extra.weight' [1]; \
        of another shape: 'fc.weight' is [10, 8], expected [3, 8]
        """)
    #expect(model.weights.isIdentical(to: before))
  }

  @Test func anotherHeadIsLoadedInPart() throws {
    var model = try model()
    let before = model.weights
    let weights = try state { weights in
      weights["fc.weight"] = Tensor([10, 8])
      weights["fc.bias"] = Tensor([10])
    }
    let error = #expect(throws: ConvNetError.self) { try model.load(weights, name: "net.pth") }
    #expect(error?.advice == "for a network with another head pass strict: false")
    let report = try model.load(weights, strict: false)
    #expect(report.misshapen.map(\.name) == ["fc.weight", "fc.bias"])
    #expect(report.misshapen[0].found == [10, 8])
    #expect(model.weights["conv1.weight"] == weights["conv1.weight"])
    #expect(model.weights["fc.weight"] == before["fc.weight"])
    #expect(throws: ConvNetError.self) {
      try model.load(Weights([(name: "other", tensor: Tensor([1]))]), strict: false)
    }
  }

  @Test func namesCanBeChanged() throws {
    var model = try model()
    let weights = try state { _ in }
    let wrapped = Weights(weights.map { (name: "module.\($0.name)", tensor: $0.tensor) })
    let error = #expect(throws: ConvNetError.self) { try model.load(wrapped, name: "net.pth") }
    #expect(
      error?.advice
        == "the file's names begin with 'module.': pass renaming: { String($0.dropFirst(7)) }")
    try model.load(wrapped, renaming: { String($0.dropFirst(7)) })
    #expect(model.weights["fc.weight"] == weights["fc.weight"])
    #expect(throws: ConvNetError.self) { try model.load(weights, renaming: { _ in "fc.bias" }) }
    let report = try model.load(
      weights, strict: false, renaming: { $0.hasPrefix("fc.") ? nil : $0 })
    #expect(report.missing == ["fc.weight", "fc.bias"])
  }

  @Test func aNetworkOfTheZooIsMadeByName() throws {
    let model = try Model(zoo: "resnet20", classes: 7, channels: 1, size: 16, seed: 3)
    #expect(model.architecture == "resnet20")
    #expect(model.inputShape == [1, 16, 16])
    #expect(model.outputShape == [7])
    #expect(model.summary().parameters == model.parameterCount)
    let error = #expect(throws: ConvNetError.self) { try Model(zoo: "resnet19") }
    #expect(error?.summary.hasPrefix("unknown network 'resnet19'") == true)
  }
}
