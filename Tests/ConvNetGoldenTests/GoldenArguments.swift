import ConvNetFormats
import ConvNetGraph

/// Why a case cannot be run: the operation or one of its options is not there.
struct Unsupported: Error {
  let reason: String
}

/// The traced inputs and the parameters of one case.
///
/// It keeps book of what was asked for: a case with a parameter or an input that nobody looked at
/// counts as unsupported, not as passed.
final class GoldenArguments {
  private let parameters: JSONValue
  private let values: [String: Value]
  private var unused: Set<String>

  init(_ item: GoldenSet.Case, _ values: [String: Value]) {
    parameters = item.parameters
    self.values = values
    unused = Set(values.keys.map { "input \($0)" })
    unused.formUnion((item.parameters.object?.keys ?? []).map { "parameter \($0)" })
    // A gradient is seeded by gout, and shapes say what these repeat.
    unused.subtract([
      "input gout", "parameter note", "parameter in_channels", "parameter out_channels",
      "parameter in_features", "parameter out_features", "parameter num_features",
      "parameter num_channels", "parameter num_parameters",
    ])
  }

  func checkAllUsed() throws {
    guard unused.isEmpty else { throw Unsupported(reason: unused.sorted().joined(separator: ", ")) }
  }

  // MARK: Inputs

  func optional(_ name: String) -> Value? {
    unused.remove("input \(name)")
    return values[name]
  }

  func input(_ name: String = "x") throws -> Value {
    guard let value = optional(name) else { throw Unsupported(reason: "no input \(name)") }
    return value
  }

  /// The inputs x0, x1, …
  func numbered() throws -> [Value] {
    try (0..<values.keys.count { $0.hasPrefix("x") }).map { try input("x\($0)") }
  }

  // MARK: Parameters

  private func parameter(_ name: String) -> JSONValue? {
    unused.remove("parameter \(name)")
    guard let value = parameters[name], value != .null else { return nil }
    return value
  }

  private func read<Result>(
    _ name: String, _ standard: Result?, _ convert: (JSONValue) -> Result?
  ) throws -> Result {
    guard let value = parameter(name) else {
      guard let standard else { throw Unsupported(reason: "no parameter \(name)") }
      return standard
    }
    guard let result = convert(value) else {
      throw Unsupported(reason: "parameter \(name) of \(value)")
    }
    return result
  }

  func has(_ name: String) -> Bool { parameter(name) != nil }
  func int(_ name: String, _ standard: Int? = nil) throws -> Int {
    try read(name, standard) { $0.int }
  }
  func float(_ name: String, _ standard: Float? = nil) throws -> Float {
    try read(name, standard) { $0.double.map { Float($0) } }
  }
  func double(_ name: String, _ standard: Double? = nil) throws -> Double {
    try read(name, standard) { $0.double }
  }
  func flag(_ name: String, _ standard: Bool? = nil) throws -> Bool {
    try read(name, standard) { $0.bool }
  }
  func text(_ name: String, _ standard: String? = nil) throws -> String {
    try read(name, standard) { $0.string }
  }
  func ints(_ name: String, _ standard: [Int]? = nil) throws -> [Int] {
    try read(name, standard) { value in
      value.int.map { [$0] } ?? value.array.map { $0.compactMap(\.int) }
    }
  }
  func choice<Choice: RawRepresentable<String>>(
    _ name: String, _ standard: Choice? = nil
  ) throws -> Choice {
    try read(name, standard) { $0.string.flatMap { Choice(rawValue: $0) } }
  }

  /// A number for both axes, or a pair.
  func size(_ name: String, _ standard: Int? = nil) throws -> Size2D {
    let numbers = try ints(name, standard.map { [$0] })
    switch numbers.count {
    case 1: return Size2D(numbers[0])
    case 2: return Size2D(height: numbers[0], width: numbers[1])
    default: throw Unsupported(reason: "parameter \(name) of \(numbers)")
    }
  }

  /// The padding: numbers, or the words of PyTorch's convolutions.
  func padding() throws -> Padding2D {
    switch parameters["padding"]?.string {
    case nil: return try size("padding", 0).padding2D
    case "same"?: _ = try text("padding"); return .same
    case "valid"?: _ = try text("padding"); return 0.padding2D
    case let other?: throw Unsupported(reason: "padding \(other)")
    }
  }

  /// `zeros` or one of the other modes.
  func paddingMode(_ name: String) throws -> PaddingMode {
    let word = try text(name, "zeros")
    if word == "zeros" { return .zeros }
    guard let mode = PaddingMode(rawValue: word) else {
      throw Unsupported(reason: "\(name) \(word)")
    }
    return mode
  }

  /// A value of ones or zeros, one per channel, in place of an input that is not there.
  func channels(_ name: String, of x: Value, otherwise number: Float) -> Value {
    optional(name) ?? x.constant(Tensor([x.shape[1]], repeating: number))
  }
}
