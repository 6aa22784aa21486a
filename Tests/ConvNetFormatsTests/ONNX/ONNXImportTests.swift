import ConvNetFormats
import ConvNetGraph
import FoundationEssentials
import Testing

@Suite struct ONNXImportTests {
  @Test func networkHasLayersNamesAndRoles() throws {
    let network = try ONNXFile.small.model().network()
    #expect(
      network.graph.nodes.map { type(of: $0.operation).name }
        == ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d", "Reshape", "Linear"])
    #expect(network.graph.nodes[0].name == "layer1.0.conv.Conv")
    let roles = Dictionary(
      uniqueKeysWithValues: network.graph.parameters.map { ($0.name, $0.role) })
    #expect(roles["conv.weight"] == .trained)
    #expect(roles["bn.running_mean"] == .tracked)
    #expect(roles["fc.weight"] == .trained)
    #expect(roles.count == 8)
    let norm = try #require(network.graph.nodes[1].operation as? BatchNorm2dOperation)
    #expect(norm == BatchNorm2dOperation(epsilon: 1e-3, momentum: 0.25))
  }

  @Test func batchStaysFree() throws {
    let graph = try ONNXFile.small.model().network().graph
    let larger = try graph.reshaped(batch: 7)
    #expect(larger.shape(larger.outputs[0]) == [7, 5])
    let training = try graph.trainingForm()
    #expect(training.stateUpdates.count == 2)
  }

  @Test func importedNetworkComesBackFromItsOwnExport() throws {
    let network = try ONNXFile.small.model().network()
    let bytes = try network.onnxBytes()
    let again = try ONNXModel(FileBytes(bytes, name: "again.onnx")).network()
    #expect(again.graph.nodes.count == network.graph.nodes.count)
    let x = Tensor(uninitialized: [2, 3, 8, 8]) { buffer in
      for index in buffer.indices { buffer[index] = Float(index % 11) / 5 - 1 }
    }
    let run = { (network: ONNXNetwork) in
      try ReferenceExecutor<Float>(network.graph.reshaped(batch: 2)).run(network.weights, [x])
    }
    #expect(try run(network) == run(again))
    #expect(try run(network)[0].elements.contains { $0 != 0 })
  }

  @Test func otherSizesAreAskedForAndTaken() throws {
    var file = ONNXFile()
    file.inputs = [("x", [nil, 3, nil, nil])]
    file.node("GlobalAveragePool", ["x"], ["y"])
    file.outputs = ["y"]
    let model = try file.model()
    #expect(thrownError { try model.network() }?.kind == .invalidArgument)
    let network = try model.network(inputs: ["x": [1, 3, 5, 6]])
    #expect(network.graph.shape(network.graph.outputs[0]) == [1, 3, 1, 1])
    #expect(thrownError { try model.network(inputs: ["z": [1]]) }?.kind == .invalidArgument)
  }

  @Test func everythingUnsupportedIsReportedAtOnce() throws {
    var file = ONNXFile()
    file.inputs = [("x", [1, 4])]
    file.node("Frobnicate", ["x"], ["a"], name: "first")
    file.node("Relu", ["a"], ["b"])
    file.node("Twist", ["x"], ["c"], name: "second", domain: "com.example")
    file.node("Frobnicate", ["b"], ["y"], name: "third")
    file.outputs = ["y"]
    let error = thrownError { try file.model().network() }
    #expect(error?.kind == .unsupported)
    #expect(error?.summary == "test.onnx: 3 of 4 nodes are not supported")
    #expect(
      error?.reason == "Frobnicate: node 'first' (Frobnicate), node 'third' (Frobnicate); "
        + "com.example.Twist: node 'second' (com.example.Twist)")
  }

  @Test func aCircleIsFound() throws {
    var file = ONNXFile()
    file.inputs = [("x", [1, 4])]
    file.node("Add", ["x", "b"], ["a"])
    file.node("Relu", ["a"], ["b"])
    file.outputs = ["b"]
    let error = thrownError { try file.model() }
    #expect(error?.reason == "the graph has a circle")
  }

  @Test func nodesOutOfOrderAreSorted() throws {
    var file = ONNXFile()
    file.inputs = [("x", [1, 4])]
    file.node("Relu", ["a"], ["b"])
    file.node("Sigmoid", ["x"], ["a"])
    file.outputs = ["b"]
    let names = try file.model().network().graph.nodes.map { type(of: $0.operation).name }
    #expect(names == ["Sigmoid", "ReLU"])
  }

  @Test(arguments: [
    "../secret.bin", "/etc/passwd", "a/../../b", "", "a//b", "./w.bin", "nothing.bin", "link.bin",
  ]) func weightsOutsideTheFolderAreRefused(_ location: String) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link.bin", withDestinationPath: "/etc/hostname")
    var file = ONNXFile()
    file.inputs = [("x", [1, 2])]
    file.external("w", [2], [("location", location)])
    file.node("Add", ["x", "w"], ["y"])
    file.outputs = ["y"]
    let error = thrownError { try file.model(folder: folder.path) }
    #expect(error?.kind == .invalidData || error?.kind == .notFound)
  }

  @Test func weightsBesideTheModelAreRead() throws {
    let folder = try TemporaryFolder()
    let numbers: [Float] = [0, 3, 4, 0]
    let bytes = numbers.withUnsafeBytes { Array($0) }
    try AtomicFile.write(bytes, to: folder.path + "/w.bin")
    var file = ONNXFile()
    file.inputs = [("x", [1, 2])]
    file.external("w", [2], [("location", "w.bin"), ("offset", "4"), ("length", "8")])
    file.node("Mul", ["x", "w"], ["y"])
    file.outputs = ["y"]
    let network = try file.model(folder: folder.path).network()
    #expect(network.weights["w"]?.elements == [3, 4])
    var short = file
    short.initializers = []
    short.external("w", [2], [("location", "w.bin"), ("offset", "12")])
    #expect(thrownError { try short.model(folder: folder.path) }?.kind == .invalidData)
  }

  @Test(arguments: [0, -1, 1 << 31, Int.max, Int.min]) func impossibleAttributesAreErrors(
    _ number: Int
  ) throws {
    for (key, count) in [("strides", 2), ("dilations", 2), ("pads", 4), ("kernel_shape", 2)] {
      var file = ONNXFile()
      file.inputs = [("x", [1, 3, 8, 8])]
      file.floats("w", [4, 3, 3, 3])
      file.node(
        "Conv", ["x", "w"], ["y"], [(key, .integers([Int](repeating: number, count: count)))])
      file.outputs = ["y"]
      if key != "pads" || number != 0 { #expect(thrownError { try file.model().network() } != nil) }
      var pool = ONNXFile()
      pool.inputs = [("x", [1, 3, 8, 8])]
      pool.node(
        "AveragePool", ["x"], ["y"],
        [
          ("kernel_shape", .integers([2, 2])),
          (key, .integers([Int](repeating: number, count: count))),
        ])
      pool.outputs = ["y"]
      if key == "strides" || (key == "pads" && number != 0) {
        #expect(thrownError { try pool.model().network() } != nil)
      }
    }
    var file = ONNXFile()
    file.inputs = [("x", [1, 3, 8, 8])]
    file.floats("w", [4, 3, 3, 3])
    file.node("Conv", ["x", "w"], ["y"], [("group", .integer(number))])
    file.outputs = ["y"]
    #expect(thrownError { try file.model().network() } != nil)
  }

  /// Found by the fuzzer: a part without channels, but with a side of 2^28, was reduced while reading.
  @Test func emptyValuesWithLongSidesTakeNoMemory() throws {
    var file = ONNXFile()
    file.inputs = [("x", [1, 1, 1, 1])]
    file.integers("repeats", [1, 1, 1 << 28, 1])
    file.integers("sizes", [1, 0])
    file.node("Tile", ["x", "repeats"], ["a"])
    file.node("Split", ["a", "sizes"], ["b", "c"], [("axis", .integer(1))])
    file.node(
      "ReduceMean", ["c"], ["y"], [("axes", .integers([1, 2])), ("keepdims", .integer(1))])
    file.outputs = ["b", "y"]
    let before = peakMemory()
    _ = try? file.model().network()
    #expect(peakMemory() - before < 100 << 20)
  }

  /// A condition that is known chooses its branch, which may use the network's values.
  @Test func aKnownConditionChoosesItsBranch() throws {
    var file = ONNXFile()
    file.inputs = [("x", [1, 4])]
    file.integers("yes", [1])
    file.node("Cast", ["yes"], ["condition"], [("to", .integer(9))])
    file.choice("condition", then: "Relu", otherwise: "Neg", of: "x", named: "y")
    file.outputs = ["y"]
    let names = try file.model().network().graph.nodes.map { type(of: $0.operation).name }
    #expect(names == ["ReLU"])
  }

  @Test func damagedFilesAreErrors() throws {
    let good = ONNXFile.small.bytes
    survivesMutations(of: good, count: 3_000, focus: 600) { bytes in
      let network = try ONNXModel(FileBytes(bytes, name: "damaged.onnx")).network()
      _ = try? network.graph.reshaped(batch: 2)
    }
  }

  @Test func damagedArithmeticOnShapesIsAnError() throws {
    var file = ONNXFile()
    file.inputs = [("x", [1, 2, 6, 6])]
    file.integers("pads", [0, 0, 1, 1, 0, 0, 2, 2])
    file.integers("sizes", [1, 2, 3, 4])
    file.integers("starts", [0, 1])
    file.integers("ends", [5, 1 << 62])
    file.integers("axes", [2, 3])
    file.integers("repeats", [1, 2, 1, 3])
    file.floats("scales", [4], [1, 1, 1.5, 2])
    file.node("Pad", ["x", "pads"], ["a"], [("mode", .text("reflect"))])
    file.node("Slice", ["a", "starts", "ends", "axes"], ["b"])
    file.node("Resize", ["b", "", "scales"], ["c"], [("mode", .text("cubic"))])
    file.node("Tile", ["c", "repeats"], ["d"])
    file.node("ConstantOfShape", ["sizes"], ["e"])
    file.node("Reshape", ["e", "pads2"], ["f"])
    file.integers("pads2", [2, -1])
    file.node("ReduceSum", ["f"], ["g"], [("keepdims", .integer(0))])
    file.node("Add", ["d", "g"], ["y"])
    file.outputs = ["y"]
    _ = try file.model().network()
    survivesMutations(of: file.bytes, count: 3_000, focus: 400) { bytes in
      _ = try ONNXModel(FileBytes(bytes, name: "damaged.onnx")).network()
    }
  }
}
