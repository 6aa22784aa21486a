import ConvNet
import FoundationEssentials

/// Cases recorded from PyTorch: a safetensors file and its manifest; nil where they are absent.
struct Golden {
  struct Case {
    let id: String
    let operation: String
    let parameters: JSONValue
    let content: JSONValue
  }

  let file: SafetensorsFile
  let cases: [Case]

  /// The folder of test material that is not part of the package.
  static let folder: String = {
    if let path = ProcessInfo.processInfo.environment["CONVNET_SHARED"] { return path }
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(4)
    return parts.joined(separator: "/") + "/../shared"
  }()

  /// Another set that the caller named; it may hold any cases.
  private static let named = ProcessInfo.processInfo.environment["CONVNET_GOLDEN"]
  static let isNamed = named != nil

  static let shared: Golden? = try? Golden(path: named ?? folder + "/data/torch-golden")
  static var isPresent: Bool { shared != nil }

  init(path: String) throws {
    file = try SafetensorsFile(path: path + "/cases.safetensors")
    let manifest = try JSONValue(contentsOf: path + "/manifest.json")
    cases = (manifest["cases"]?.array ?? []).compactMap { entry in
      guard let id = entry["id"]?.string, let operation = entry["op"]?.string else { return nil }
      return Case(
        id: id, operation: operation, parameters: entry["params"] ?? [:], content: entry)
    }
  }

  func cases(_ prefix: String) -> [Case] { cases.filter { $0.operation.hasPrefix(prefix) } }

  func tensor(_ item: Case, _ name: String) throws -> Tensor {
    try file.tensor(named: "\(item.id)/\(name)")
  }

  /// The optimiser that a case names.
  static func optimizer(_ name: String, _ parameters: JSONValue) throws -> Optimizer {
    func number(_ key: String, _ standard: Double) -> Double {
      parameters[key]?.double ?? standard
    }
    let isNesterov = parameters["nesterov"]?.bool ?? false
    switch name.hasPrefix("optim.") ? name : "optim.\(name)" {
    case "optim.SGD":
      return .sgd(
        momentum: number("momentum", 0), dampening: number("dampening", 0), nesterov: isNesterov,
        weightDecay: number("weight_decay", 0))
    case "optim.Adam":
      return .adam(weightDecay: number("weight_decay", 0))
    case "optim.AdamW":
      return .adamW(weightDecay: number("weight_decay", 0.01))
    case "optim.RMSprop":
      return .rmsprop(
        alpha: number("alpha", 0.99), momentum: number("momentum", 0),
        centered: parameters["centered"]?.bool ?? false,
        weightDecay: number("weight_decay", 0))
    default:
      throw ConvNetError(.unsupported, "no optimizer for \(name)")
    }
  }
}

/// The largest difference between two tensors' elements, divided by the larger of 1 and the largest
/// expected element.
func largestDifference(_ actual: Tensor, _ expected: Tensor) -> Double {
  guard actual.shape == expected.shape else { return .infinity }
  let scale = expected.elements.reduce(1) { max($0, Double(abs($1))) }
  let difference = zip(actual.elements, expected.elements).reduce(0) {
    max($0, Double(abs($1.0 - $1.1)))
  }
  return difference.isFinite ? difference / scale : .infinity
}
