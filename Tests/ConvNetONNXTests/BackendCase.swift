import ConvNet
import Foundation

/// One of the ONNX project's node tests: a model of few nodes, inputs, and the expected outputs.
struct BackendCase {
  /// The folder's name: `test_conv_with_strides_padding`.
  let name: String
  /// The folder.
  let folder: URL

  /// Where Debian's `libonnx-testdata` puts the tests; `CONVNET_ONNX_TESTDATA` names another place.
  static let root = URL(
    filePath: ProcessInfo.processInfo.environment["CONVNET_ONNX_TESTDATA"]
      ?? "/usr/share/libonnx-testdata/data/node")

  static let isInstalled = FileManager.default.fileExists(atPath: root.path())

  /// All of them in the order of their names.
  static func all() throws -> [BackendCase] {
    try FileManager.default.contentsOfDirectory(atPath: root.path()).sorted()
      .map { BackendCase(name: $0, folder: root.appending(path: $0)) }
  }

  /// How a case ended.
  enum Verdict {
    /// All outputs agree; `folded` where the reference loops computed everything while reading.
    case passed(folded: Bool)
    /// An output differs, or the network could not be run.
    case failed(String)
    /// An operator, an element type or a dynamic shape has no counterpart.
    case unsupported(String)
  }

  /// Reads, runs and compares.
  func run() -> Verdict {
    do throws(ConvNetError) {
      let model = try ONNXModel(path: folder.appending(path: "model.onnx").path())
      var inputs: [String: TypedTensor] = [:]
      for (number, input) in model.inputs.enumerated() {
        inputs[input.name] = try tensor("input_\(number).pb")
      }
      let (network, fed) = try model.network(for: inputs)
      let outputs = try NetworkRun.outputs(of: network, fed)
      for (number, output) in outputs.enumerated() {
        let expected = try tensor("output_\(number).pb")
        if let difference = BackendCase.difference(output, expected) { return .failed(difference) }
      }
      return .passed(folded: fed.isEmpty)
    } catch {
      return error.kind == .unsupported
        ? .unsupported(error.description) : .failed(error.description)
    }
  }

  private func tensor(_ file: String) throws(ConvNetError) -> TypedTensor {
    let path = folder.appending(path: "test_data_set_0").appending(path: file).path()
    return try TypedTensor.read(onnxTensor: FileBytes(path: path)).tensor
  }

  /// What differs, with the tolerance of ONNX's own runner (1e-3 relative, 1e-7 absolute); whole
  /// numbers must be equal.
  private static func difference(_ own: TensorData, _ expected: TypedTensor) -> String? {
    guard own.shape == expected.shape else {
      return "shape \(own.shape), expected \(expected.shape)"
    }
    let isWhole = ![.float32, .float64, .float16, .bfloat16].contains(expected.elementType)
    guard own.elementType == expected.elementType else {
      return "type \(own.elementType.rawValue), expected \(expected.elementType.rawValue)"
    }
    for (a, b) in zip(TypedTensor(own).doubles, expected.doubles) {
      if a == b || (a.isNaN && b.isNaN) { continue }
      // Large whole numbers are Float32 inside.
      let tolerance = isWhole ? (abs(b) > 0x1p24 ? abs(b) * 0x1p-23 : 0) : 1e-7 + 1e-3 * abs(b)
      guard abs(a - b) <= tolerance else { return "\(own.name): \(a), expected \(b)" }
    }
    return nil
  }
}
