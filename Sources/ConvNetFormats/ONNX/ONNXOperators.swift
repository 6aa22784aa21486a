internal import ConvNetGraph

/// The operators that are read, each with the function that builds its counterpart.
enum ONNXOperators {
  /// Builds the counterpart of a node.
  typealias Function = @Sendable (ONNXNodeContext) throws(ConvNetError) -> [ONNXOperand]

  /// All of them by name.
  static let all: [String: Function] = [
    convolutions, pooling, normalisations, activations, arithmetic, comparisons, reductions, shapes,
    picking, constants, resizing, detection, losses, integers, recurrent,
  ].reduce(into: [:]) { all, part in all.merge(part) { first, _ in first } }

  /// Operators that meant something else before version 7.
  static let changedInVersion7: Set<String> = [
    "Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Greater", "Less", "Gemm",
    "BatchNormalization", "Dropout", "PRelu", "Reshape", "Pad", "Upsample", "Cast", "Tile",
    "Concat",
    "AveragePool", "RNN", "LSTM", "GRU", "Max", "Min", "Sum", "Mean", "Clip", "Split", "TopK",
  ]

  /// A result of the first input's type.
  static func like(_ context: ONNXNodeContext, _ value: Value) throws(ConvNetError) -> [ONNXOperand]
  {
    [.value(value, try context.type(0))]
  }
}

extension ElementType {
  /// Whether its numbers are whole.
  var isInteger: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16, .bool: false
    default: true
    }
  }
}
