import ConvNetFormats
import ConvNetGraph
import Foundation
import Testing

/// `convnet import`, `export`, `convert` and `run`.
@Suite struct ConversionCommandTests {
  /// A folder with a small network as ONNX, which is removed at the end.
  private final class Folder {
    let url = FileManager.default.temporaryDirectory.appending(path: "convnet-cli-\(UUID())")

    init() throws {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      let net = Sequential {
        Conv2d(inChannels: 3, outChannels: 8, kernelSize: 3, padding: 1)
        BatchNorm2d(8)
        ReLU()
        GlobalAvgPool2d()
        Flatten()
        Linear(inFeatures: 8, outFeatures: 4)
      }
      let graph = try Graph(net, input: [3, 8, 8])
      let network = ONNXNetwork(
        graph: graph, weights: graph.initialWeights(seed: 2),
        inputs: [ONNXNetwork.Port(name: "image", elementType: .float32)],
        outputs: [ONNXNetwork.Port(name: "scores", elementType: .float32)])
      try network.write(onnx: self("net.onnx"))
      let numbers = (0..<384).map { (index: Int) -> Float in Float(index % 13) / 6 - 1 }
      let image = try TensorData("image", Tensor([2, 3, 8, 8], numbers))
      try SafetensorsFile.write([image], to: self("in.safetensors"))
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func callAsFunction(_ name: String) -> String { url.appending(path: name).path() }
  }

  @Test func aNetworkGoesThroughAllForms() throws {
    let folder = try Folder()
    let imported = try Program.run(
      "import", folder("net.onnx"), "-o", folder("net.safetensors"))
    #expect(imported.code == 0, "\(imported.error)")
    #expect(imported.output.contains("engine against plain loops: largest difference"))
    let exported = try Program.run(
      "export", folder("net.safetensors"), "-o", folder("again.onnx"), "--json")
    #expect(exported.code == 0, "\(exported.error)")
    #expect(exported.records.count == 1)
    #expect(exported.records.first??["numbers"] as? Int == 8)
    let converted = try Program.run(
      "convert", folder("again.onnx"), folder("last.safetensors"))
    #expect(converted.code == 0, "\(converted.error)")

    var results: [[UInt8]] = []
    for name in ["net.onnx", "net.safetensors", "again.onnx", "last.safetensors"] {
      let run = try Program.run(
        "run", folder(name), "--inputs", folder("in.safetensors"), "--outputs",
        folder("out.safetensors"))
      #expect(run.code == 0, "\(run.error)")
      let tensors = try SafetensorsFile(path: folder("out.safetensors")).loadData()
      #expect(tensors.map(\.shape) == [[2, 4]])
      results += tensors.map(\.bytes)
      if name == "net.onnx" { #expect(tensors.map(\.name) == ["scores"]) }
    }
    #expect(Set(results).count == 1)
    let reference = try Program.run(
      "run", folder("net.onnx"), "--inputs", folder("in.safetensors"), "--outputs",
      folder("reference.safetensors"), "--reference")
    #expect(reference.code == 0, "\(reference.error)")
    let summary = try Program.run("summary", folder("net.onnx"))
    #expect(summary.code == 0, "\(summary.error)")
  }

  @Test func aDifferenceThatIsTooLargeEndsWithOne() throws {
    let folder = try Folder()
    let input = try SafetensorsFile(path: folder("in.safetensors")).tensor(named: "image")
    let wrong = try TensorData("output", Tensor([2, 4], repeating: 3))
    try SafetensorsFile.write(
      [TensorData("input", input), wrong], to: folder("probe.safetensors"))
    let outcome = try Program.run(
      "export", folder("net.onnx"), "-o", folder("net2.onnx"), "--verify",
      folder("probe.safetensors"))
    #expect(outcome.code == 1)
    #expect(outcome.error.contains("larger than --tolerance"))
  }

  @Test func mistakesHaveTheirExitCodes() throws {
    let folder = try Folder()
    #expect(try Program.run("export", folder("net.onnx")).code == 64)
    #expect(try Program.run("export", folder("net.onnx"), "-o", folder("net.txt")).code == 64)
    #expect(
      try Program.run("import", folder("none.onnx"), "-o", folder("a.safetensors")).code == 66)
    try Data("no network at all".utf8).write(to: folder.url.appending(path: "bad.onnx"))
    #expect(try Program.run("import", folder("bad.onnx"), "-o", folder("a.safetensors")).code == 65)
    let missing = try Program.run("run", folder("net.onnx"), "--inputs", folder("in.safetensors"))
    #expect(missing.code == 64)
  }

  @Test func weightsAloneBecomeWeights() throws {
    let folder = try Folder()
    let outcome = try Program.run(
      "convert", folder("in.safetensors"), folder("copy.safetensors"))
    #expect(outcome.code == 0, "\(outcome.error)")
    let original = try SafetensorsFile(path: folder("in.safetensors")).data(named: "image")
    let copy = try SafetensorsFile(path: folder("copy.safetensors")).data(named: "image")
    #expect(copy == original)
  }
}
