@testable import ConvNetFormats
import ConvNetGraph

/// An ONNX file written by hand for a test.
struct ONNXFile {
  var opset = 17
  var nodes: [[UInt8]] = []
  var initializers: [[UInt8]] = []
  var inputs: [(name: String, sizes: [Int?])] = []
  var outputs: [String] = []

  /// An attribute.
  enum Attribute {
    case integer(Int)
    case integers([Int])
    case float(Float)
    case text(String)
  }

  mutating func node(
    _ type: String, _ inputs: [String], _ outputs: [String],
    _ attributes: [(String, Attribute)] = [], name: String = "", domain: String = ""
  ) {
    var writer = ProtobufWriter()
    for input in inputs { writer.text(1, input) }
    for output in outputs { writer.text(2, output) }
    writer.text(3, name)
    writer.text(4, type)
    for (key, attribute) in attributes {
      writer.message(5) { message in
        message.text(1, key)
        switch attribute {
        case .integer(let value):
          message.integer(3, value)
          message.integer(20, 2)
        case .integers(let values):
          for value in values { message.integer(8, value) }
          message.integer(20, 7)
        case .float(let value):
          message.float(2, value)
          message.integer(20, 1)
        case .text(let value):
          message.text(4, value)
          message.integer(20, 3)
        }
      }
    }
    if !domain.isEmpty { writer.text(7, domain) }
    nodes.append(writer.bytes)
  }

  /// An `If` whose branches each apply one operator to a value of the outer graph.
  mutating func choice(
    _ condition: String, then: String, otherwise: String, of value: String, named name: String
  ) {
    var writer = ProtobufWriter()
    writer.text(1, condition)
    writer.text(2, name)
    writer.text(4, "If")
    for (key, type) in [("then_branch", then), ("else_branch", otherwise)] {
      writer.message(5) { message in
        message.text(1, key)
        message.message(6) { graph in
          graph.message(1) { node in
            node.text(1, value)
            node.text(2, "inner")
            node.text(4, type)
          }
          graph.message(12) { $0.text(1, "inner") }
        }
        message.integer(20, 5)
      }
    }
    nodes.append(writer.bytes)
  }

  mutating func floats(_ name: String, _ sizes: [Int], _ values: [Float]? = nil) {
    let count = sizes.reduce(1, *)
    let numbers = values ?? (0..<count).map { Float($0 % 7) * 0.25 - 0.5 }
    var writer = ProtobufWriter()
    for size in sizes { writer.integer(1, size) }
    writer.integer(2, 1)
    writer.text(8, name)
    numbers.withUnsafeBufferPointer { writer.floats(9, $0) }
    initializers.append(writer.bytes)
  }

  mutating func integers(_ name: String, _ values: [Int]) {
    var writer = ProtobufWriter()
    writer.integer(1, values.count)
    writer.integer(2, 7)
    writer.text(8, name)
    var bytes: [UInt8] = []
    for value in values {
      withUnsafeBytes(of: Int64(value).littleEndian) { bytes.append(contentsOf: $0) }
    }
    writer.data(9, bytes)
    initializers.append(writer.bytes)
  }

  /// An initializer whose numbers are in another file.
  mutating func external(_ name: String, _ sizes: [Int], _ location: [(String, String)]) {
    var writer = ProtobufWriter()
    for size in sizes { writer.integer(1, size) }
    writer.integer(2, 1)
    writer.text(8, name)
    for (key, value) in location {
      writer.message(13) {
        $0.text(1, key)
        $0.text(2, value)
      }
    }
    writer.integer(14, 1)
    initializers.append(writer.bytes)
  }

  var bytes: [UInt8] {
    var writer = ProtobufWriter()
    writer.integer(1, 8)
    writer.text(2, "a test")
    writer.message(7) { graph in
      for node in nodes { graph.data(1, node) }
      for tensor in initializers { graph.data(5, tensor) }
      for input in inputs {
        graph.message(11) { value in
          value.text(1, input.name)
          value.message(2) { type in
            type.message(1) { tensor in
              tensor.integer(1, 1)
              tensor.message(2) { shape in
                for size in input.sizes {
                  shape.message(1) { dimension in
                    if let size { dimension.integer(1, size) } else { dimension.text(2, "free") }
                  }
                }
              }
            }
          }
        }
      }
      for output in outputs { graph.message(12) { $0.text(1, output) } }
    }
    writer.message(8) { $0.integer(2, opset) }
    return writer.bytes
  }

  func model(folder: String? = nil) throws -> ONNXModel {
    try ONNXModel(FileBytes(bytes, name: "test.onnx"), folder: folder)
  }

  /// Convolution, batch norm, ReLU, pooling, and torch's chain around a flatten, with a free batch.
  static var small: ONNXFile {
    var file = ONNXFile()
    file.inputs = [("x", [nil, 3, 8, 8])]
    file.floats("conv.weight", [4, 3, 3, 3])
    file.floats("conv.bias", [4])
    file.floats("bn.weight", [4], [1, 2, 3, 4])
    file.floats("bn.bias", [4])
    file.floats("bn.running_mean", [4])
    file.floats("bn.running_var", [4], [1, 2, 1, 2])
    file.floats("fc.weight", [5, 64])
    file.floats("fc.bias", [5])
    file.integers("zero", [0])
    file.integers("rest", [-1])
    file.node(
      "Conv", ["x", "conv.weight", "conv.bias"], ["a"],
      [("kernel_shape", .integers([3, 3])), ("pads", .integers([1, 1, 1, 1]))],
      name: "/layer1/layer1.0/conv/Conv")
    file.node(
      "BatchNormalization", ["a", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"],
      ["b"], [("epsilon", .float(1e-3)), ("momentum", .float(0.75))])
    file.node("Relu", ["b"], ["c"])
    file.node(
      "MaxPool", ["c"], ["d"],
      [("kernel_shape", .integers([2, 2])), ("strides", .integers([2, 2]))])
    file.node("Shape", ["d"], ["shape"])
    file.node("Gather", ["shape", "zero"], ["batch"], [("axis", .integer(0))])
    file.node("Concat", ["batch", "rest"], ["target"], [("axis", .integer(0))])
    file.node("Reshape", ["d", "target"], ["e"])
    file.node("Gemm", ["e", "fc.weight", "fc.bias"], ["y"], [("transB", .integer(1))])
    file.outputs = ["y"]
    return file
  }
}
