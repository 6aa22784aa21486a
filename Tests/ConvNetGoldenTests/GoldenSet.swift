import ConvNetFormats
import ConvNetGraph
import FoundationEssentials

/// A folder of cases recorded from PyTorch: `manifest.json` ("torch-golden v1") and
/// `cases.safetensors`.
struct GoldenSet {
  /// One operation with its numbers: inputs, outputs and gradients.
  struct Case {
    let id: String
    let operation: String
    let parameters: JSONValue
    /// The names of the inputs with their tensors' names, in the manifest's order.
    let inputs: [(name: String, tensor: String)]
    let expected: [Expectation]
  }

  /// One result and how well Float32 can be expected to meet it.
  struct Expectation {
    let name: String
    let tensor: String
    /// The result's shape; the file holds shape [1] where this is [].
    let shape: Shape
    /// The largest magnitude of the result; nil for whole numbers, which must be met exactly.
    let scale: Double?
    /// The largest difference between PyTorch's own Float32 and Float64 runs.
    let float32Error: Double
  }

  let name: String
  let cases: [Case]
  private let file: SafetensorsFile

  init(folder: String) throws(ConvNetError) {
    name = folder
    file = try SafetensorsFile(path: folder + "/cases.safetensors")
    let manifest = try JSONValue(contentsOf: folder + "/manifest.json")
    guard manifest["format"]?.string == "torch-golden v1", let entries = manifest["cases"]?.array
    else {
      throw ConvNetError(.invalidData, "\(folder)/manifest.json: not of format torch-golden v1")
    }
    var cases: [Case] = []
    for (position, entry) in entries.enumerated() {
      guard let item = Case(entry) else {
        throw ConvNetError(.invalidData, "\(folder)/manifest.json: case \(position) is incomplete")
      }
      cases.append(item)
    }
    self.cases = cases
  }

  func tensor(_ name: String) throws(ConvNetError) -> Tensor { try file.tensor(named: name) }

  /// The set that the tests read: the folder that CONVNET_GOLDEN names, or the one in the shared
  /// test material beside the package.
  static let folder: String = {
    let environment = ProcessInfo.processInfo.environment
    if let folder = environment["CONVNET_GOLDEN"] { return folder }
    if let shared = environment["CONVNET_SHARED"] { return shared + "/data/torch-golden" }
    let package = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    return package.joined(separator: "/") + "/../shared/data/torch-golden"
  }()

  /// Whether there is a set to read; a folder that was named has to be there.
  static let isPresent: Bool =
    ProcessInfo.processInfo.environment["CONVNET_GOLDEN"] != nil
    || FileManager.default.fileExists(atPath: folder + "/manifest.json")

  /// Whether the folder was named by the caller: then it may hold any cases.
  static let isNamed = ProcessInfo.processInfo.environment["CONVNET_GOLDEN"] != nil
}

extension GoldenSet.Case {
  fileprivate init?(_ entry: JSONValue) {
    guard let id = entry["id"]?.string, let operation = entry["op"]?.string else { return nil }
    self.id = id
    self.operation = operation
    parameters = entry["params"] ?? [:]
    inputs = (entry["inputs"]?.object?.members ?? []).compactMap { member in
      member.value.string.map { (name: member.key, tensor: $0) }
    }
    let outputs = entry["outputs"]?.object?.members ?? []
    expected = outputs.compactMap { member in
      guard let tensor = member.value["tensor"]?.string,
        let sizes = member.value["shape"]?.array?.compactMap(\.int)
      else { return nil }
      return GoldenSet.Expectation(
        name: member.key, tensor: tensor, shape: Shape(sizes),
        scale: member.value["scale"]?.double,
        float32Error: member.value["torch_f32_err"]?.double ?? 0)
    }
    guard expected.count == outputs.count else { return nil }
  }
}
