import ConvNet
import Foundation
import Testing

/// Exported networks in ONNX Runtime, where `CONVNET_PEERS_PYTHON` names a Python that has it.
@Suite struct PeerTests {
  private static let python = ProcessInfo.processInfo.environment["CONVNET_PEERS_PYTHON"]

  @Test(
    .enabled(
      if: python != nil, "CONVNET_PEERS_PYTHON names no Python with onnx and onnxruntime"),
    arguments: Zoo.names.filter { !$0.hasPrefix("vgg") || $0 == "vgg11" })
  func exportedNetworkGivesTheSameInONNXRuntime(_ name: String) throws {
    let entry = try Zoo.entry(name)
    let size = entry.input[1] > 64 ? 64 : entry.input[1]
    var model = try Model(zoo: name, classes: 10, size: size, seed: 3)
    // Other statistics than 0 and 1 find more mistakes.
    for slot in model.graph.parameters where slot.role == .tracked {
      let isVariance = slot.name.hasSuffix("var")
      model.weights[slot.name] = Tensor(uninitialized: slot.shape) { buffer in
        for index in buffer.indices {
          buffer[index] = isVariance ? 0.5 + Float(index % 5) / 5 : Float(index % 3) / 10
        }
      }
    }
    try check(model)
  }

  @Test(
    .enabled(
      if: python != nil, "CONVNET_PEERS_PYTHON names no Python with onnx and onnxruntime"))
  func everyOperationGivesTheSameInONNXRuntime() throws {
    let graph = try Graph(input: [1, 3, 9, 8], PeerTests.manyOperations)
    try check(Model(graph, weights: graph.initialWeights(seed: 1)))
  }

  /// A graph with operations that no network of the zoo has.
  private static func manyOperations(_ x: Value) -> Value {
    let resized = F.interpolate(x, size: Size2D(height: 12, width: 7), mode: .bilinear)
    let back = F.interpolate(resized, size: Size2D(height: 9, width: 8))
    let padded = F.pad(back, [1, 2, 1, 0], mode: .circular)
    let pooled = F.adaptiveAvgPool2d(padded, outputSize: Size2D(height: 5, width: 4))
    let normalised = F.localResponseNorm(F.groupNorm(pooled, groups: 3), size: 3)
    let active =
      F.gelu(normalised) + F.softplus(pooled, beta: 2) + F.elu(pooled)
      + F.hardswish(pooled) * F.hardsigmoid(pooled) + F.leakyReLU(pooled)
    let shares = F.softmax(F.flatten(active), dim: -1)
    let pairs = shares.applying(TopKOperation(count: 9))
    let places = active.applying(ArgMaxOperation(dim: 1, keepDims: true))
    let picked = active.applying(GatherElementsOperation(dim: 1), places)
    let limited = picked.applying(MaximumOperation(), F.clip(picked, minimum: -0.1, maximum: 0.1))
    let sums = limited.applying(CumulativeSumOperation(dim: 2))
    return F.cat([F.flatten(sums), pairs * 10], dim: 1)
  }

  /// Exports, runs elsewhere, compares.
  private func check(_ model: Model) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "convnet-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (file, source, target) = (
      folder.appending(path: "net.onnx"), folder.appending(path: "in"),
      folder.appending(path: "out")
    )
    try model.export(onnx: file.path())
    let probe = model.probe(batch: 2)
    try probe.withUnsafeBufferPointer { try Data(buffer: $0).write(to: source) }

    let process = Process()
    process.executableURL = URL(filePath: PeerTests.python ?? "")
    process.arguments = [
      URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Peers/run_onnx.py")
        .path()
    ]
    let (feed, errors) = (Pipe(), Pipe())
    process.standardInput = feed
    process.standardError = errors
    try process.run()
    try feed.fileHandleForWriting.write(
      contentsOf: Data("\(file.path())\t\(source.path())\t\(target.path())\n".utf8))
    try feed.fileHandleForWriting.close()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(text)")

    let numbers = try Data(contentsOf: target).withUnsafeBytes {
      Array($0.bindMemory(to: Float.self))
    }
    let own = try model.outputs(for: probe)
    let difference = try OutputDifference([own], [Tensor(own.shape, numbers)])
    #expect(difference.relative < 1e-4, "\(difference)")

    // And back again.
    let again = try Model(contentsOf: file.path())
    #expect(try model.difference(of: again).relative < 1e-5)
  }
}
