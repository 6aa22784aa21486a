/// The operations that a stored graph can name.
public enum OperationRegistry {
  /// Every operation of the library that can stand in a network, by its name.
  ///
  /// An operation that is missing here fails a listing test, and so does one without a gradient check.
  public static let all: [any Operation.Type] = [
    AdaptiveAvgPool2dOperation.self,
    AdaptiveMaxPool2dOperation.self,
    AddOperation.self,
    AvgPool2dOperation.self,
    BatchNorm2dOperation.self,
    BatchNorm2dTraining.self,
    Conv2dOperation.self,
    GlobalAvgPool2dOperation.self,
    GlobalMaxPool2dOperation.self,
    LinearOperation.self,
    MaxPool2dOperation.self,
    ReLUOperation.self,
  ]

  static let byName: [String: any Operation.Type] = Dictionary(
    uniqueKeysWithValues: all.map { ($0.name, $0) })
}

extension CodingUserInfoKey {
  /// The operations of a user's own that a stored graph may name: `[any Operation.Type]`.
  public static let convnetOperations = CodingUserInfoKey(rawValue: "convnet.operations")
}
