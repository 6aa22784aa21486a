/// The operations that a stored graph can name.
public enum OperationRegistry {
  /// Every operation of the library that can stand in a network, by its name.
  ///
  /// An operation that is missing here fails a listing test, and so does one without a gradient check.
  public static let all: [any Operation.Type] = [
    AbsOperation.self,
    AdaptiveAvgPool2dOperation.self,
    AdaptiveMaxPool2dOperation.self,
    AddOperation.self,
    AvgPool2dOperation.self,
    BCEWithLogitsLossOperation.self,
    BatchNorm2dOperation.self,
    BatchNorm2dTraining.self,
    ClipOperation.self,
    ConcatOperation.self,
    Conv2dOperation.self,
    ConvTranspose2dOperation.self,
    CrossEntropyLossOperation.self,
    DivOperation.self,
    DropoutOperation.self,
    ELUOperation.self,
    ErfOperation.self,
    ExpOperation.self,
    FlattenOperation.self,
    GELUOperation.self,
    GlobalAvgPool2dOperation.self,
    GlobalMaxPool2dOperation.self,
    GroupNormOperation.self,
    HardsigmoidOperation.self,
    HardswishOperation.self,
    L1LossOperation.self,
    LeakyReLUOperation.self,
    LinearOperation.self,
    LocalResponseNormOperation.self,
    LogOperation.self,
    LogSoftmaxOperation.self,
    MSELossOperation.self,
    MaxPool2dOperation.self,
    MulOperation.self,
    NLLLossOperation.self,
    PReLUOperation.self,
    PadOperation.self,
    PowOperation.self,
    ReLUOperation.self,
    ReduceMeanOperation.self,
    ReduceSumOperation.self,
    ReshapeOperation.self,
    ResizeOperation.self,
    ScaleOperation.self,
    SiLUOperation.self,
    SigmoidOperation.self,
    SliceOperation.self,
    SmoothL1LossOperation.self,
    SoftmaxOperation.self,
    SoftplusOperation.self,
    SqrtOperation.self,
    SubOperation.self,
    TanhOperation.self,
    TransposeOperation.self,
  ]

  static let byName: [String: any Operation.Type] = Dictionary(
    uniqueKeysWithValues: all.map { ($0.name, $0) })
}

extension CodingUserInfoKey {
  /// The operations of a user's own that a stored graph may name: `[any Operation.Type]`.
  public static let convnetOperations = CodingUserInfoKey(rawValue: "convnet.operations")
}
