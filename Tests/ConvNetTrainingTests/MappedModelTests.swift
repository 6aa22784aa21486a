import ConvNet
import FoundationEssentials
import Testing

/// Large enough that its file is mapped.
private struct Wide: Module {
  let stem = Conv2d(inChannels: 3, outChannels: 64, kernelSize: 3, padding: 1)
  let conv = Conv2d(inChannels: 64, outChannels: 1024, kernelSize: 3, padding: 1)
  let norm = BatchNorm2d(1024)
  let fc = Linear(1024, 16)

  func forward(_ x: Value) -> Value {
    fc(F.flatten(F.globalAvgPool2d(F.relu(norm(conv(F.relu(stem(x))))))))
  }
}

/// Models whose weights stay in the file that they were read from.
@Suite struct MappedModelTests {
  private func withFile(_ body: (String, Model) async throws -> Void) async throws {
    let path = FileManager.default.temporaryDirectory.path + "/convnet-mapped-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let model = try Model(Wide(), input: [3, 4, 4], seed: 9)
    try model.save(to: path)
    try await body(path, model)
  }

  @Test func aModelFromAFilePredictsTheSameBits() async throws {
    try await withFile { path, model in
      let input = Initializer.normal(standardDeviation: 1).tensor(
        shape: [2, 3, 4, 4], name: "input", seed: 1)
      for runs in [nil, 1] as [Int?] {
        let options = EngineOptions(threads: 2, expectedRuns: runs)
        let expected = try await model.predictor(options: options)(input)
        let loaded = try Model(contentsOf: path)
        let predictor = try loaded.predictor(options: options)
        // Released pages come back from the file.
        for _ in 0..<2 { #expect(try await predictor(input) == expected) }
        for (name, tensor) in loaded.weights { #expect(tensor == model.weights[name], "\(name)") }
      }
    }
  }

  @Test func aChangeStaysInTheModel() async throws {
    try await withFile { path, model in
      var loaded = try Model(contentsOf: path)
      let copy = loaded
      loaded.weights["conv.weight"]?[7, 3, 1, 1] = 123
      #expect(loaded.weights["conv.weight"]?[7, 3, 1, 1] == 123)
      #expect(copy.weights["conv.weight"] == model.weights["conv.weight"])
      #expect(try Model(contentsOf: path).weights["conv.weight"] == model.weights["conv.weight"])
    }
  }

  @Test func aModelCanBeSavedOverItsOwnFile() async throws {
    try await withFile { path, model in
      var loaded = try Model(contentsOf: path)
      loaded.weights["fc.bias"]?[0] = 5
      try loaded.save(to: path)
      #expect(loaded.weights["conv.weight"] == model.weights["conv.weight"])
      let again = try Model(contentsOf: path)
      #expect(again.weights["fc.bias"]?[0] == 5)
      #expect(again.weights["conv.weight"] == model.weights["conv.weight"])
    }
  }
}
