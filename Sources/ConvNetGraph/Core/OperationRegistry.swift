/// The operations that a stored graph can name.
public enum OperationRegistry {
  /// Every operation of the library that can stand in a network, by its name.
  ///
  /// An operation that is missing here fails a listing test, and so does one without a gradient check.
  public static let all: [any Operation.Type] = [
    AddOperation.self,
    Conv2dOperation.self,
    ReLUOperation.self,
  ]

  static let byName: [String: any Operation.Type] = Dictionary(
    uniqueKeysWithValues: all.map { ($0.name, $0) })
}

extension CodingUserInfoKey {
  /// The operations of a user's own that a stored graph may name: `[any Operation.Type]`.
  public static let convnetOperations = CodingUserInfoKey(rawValue: "convnet.operations")
}
