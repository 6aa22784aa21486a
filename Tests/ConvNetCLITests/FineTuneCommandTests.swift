import ConvNetFormats
import ConvNetGraph
import Foundation
import Testing

/// An imported network learns other classes: new last layer, frozen body, and out again as ONNX.
@Suite struct FineTuneCommandTests {
  /// A network of five classes that ends in a softmax, without batch norm, as exporters leave it.
  private func write(_ path: String) throws {
    let net = Sequential {
      Conv2d(inChannels: 3, outChannels: 8, kernelSize: 3, padding: 1)
      ReLU()
      MaxPool2d(kernelSize: 2)
      Conv2d(inChannels: 8, outChannels: 12, kernelSize: 3, padding: 1)
      ReLU()
      Flatten()
      Linear(inFeatures: 12 * 64, outFeatures: 5)
      Softmax(dim: 1)
    }
    let graph = try Graph(net, input: [3, 16, 16])
    try ONNXNetwork(
      graph: graph, weights: graph.initialWeights(seed: 5),
      inputs: [ONNXNetwork.Port(name: "image", elementType: .float32)],
      outputs: [ONNXNetwork.Port(name: "shares", elementType: .float32)]
    ).write(onnx: path)
  }

  @Test(arguments: [0, 1]) func anImportedNetworkLearnsOtherClasses(_ frozen: Int) throws {
    let pictures = try SmallPictures(extraClass: true)
    let source = pictures.work + "/net.onnx"
    try write(source)
    let outcome = try Program.run(
      "train", pictures.path, "--pretrained", source, "--freeze", "\(frozen)", "--epochs", "8",
      "--batch", "8", "--lr", "0.02", "--out", pictures.work + "/run", "--augment", "none")
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.error.contains("does not say how pictures are prepared"))
    #expect(outcome.error.contains("no batch norm"))
    #expect(outcome.error.contains("begins with 4 of 6 tensors"))

    let model = pictures.work + "/run/best.safetensors"
    let evaluated = try Program.run("eval", model, pictures.path, "--fail-under", "0.9")
    #expect(evaluated.code == 0, "\(evaluated.output)\(evaluated.error)")
    let predicted = try Program.run("predict", model, pictures.path, "--json", "--topk", "3")
    #expect(predicted.code == 0, "\(predicted.error)")
    #expect(predicted.records.count == 60)

    let before = try ONNXModel(path: source).network().weights
    let after = try SafetensorsFile(path: model).load().weights
    let moved = before.filter { after[$0.name] != $0.tensor }.map(\.name)
    #expect(moved.count == 6 - 2 * frozen, "\(moved)")

    let exported = try Program.run("export", model, "-o", pictures.work + "/out.onnx")
    #expect(exported.code == 0, "\(exported.error)")
    let again = try Program.run(
      "eval", pictures.work + "/out.onnx", pictures.path, "--fail-under", "0.9")
    #expect(again.code == 0, "\(again.output)\(again.error)")
  }

  @Test func aNetworkOfSeveralInputsNamesTheCommandForIt() throws {
    let pictures = try SmallPictures(perClass: 4)
    let graph = try Graph(inputs: [[1, 3, 16, 16], [1, 3, 16, 16]]) { [$0[0] + $0[1]] }
    let path = pictures.work + "/two.onnx"
    try ONNXNetwork(
      graph: graph, weights: Weights(),
      inputs: ["a", "b"].map { ONNXNetwork.Port(name: $0, elementType: .float32) },
      outputs: [ONNXNetwork.Port(name: "y", elementType: .float32)]
    ).write(onnx: path)
    for arguments in [
      ["summary", path], ["eval", path, pictures.path], ["predict", path, pictures.path],
      ["train", pictures.path, "--pretrained", path, "--out", pictures.work + "/run"],
      ["export", path, "-o", pictures.work + "/x.safetensors"],
    ] {
      let outcome = try Program.run(arguments)
      #expect(outcome.code == 65, "\(arguments): \(outcome.error)")
      #expect(outcome.error.contains("2 inputs and 1 output"), "\(outcome.error)")
      #expect(outcome.error.contains("convnet run"), "\(outcome.error)")
    }
  }
}
