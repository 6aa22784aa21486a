internal import ConvNetGraph

extension ONNXExporter {
  // MARK: Types

  /// A truth value or whole number as Float32, which everything here is.
  func asFloat(_ name: String) -> String {
    emit("Cast", [name], [.integer("to", ONNXTensorReader.number(of: .float32))])
  }

  func cast(_ name: String, _ type: ElementType) -> String {
    emit("Cast", [name], [.integer("to", ONNXTensorReader.number(of: type))])
  }

  // MARK: Functions of each number

  func writeFunction(_ operation: any Operation, _ inputs: [String]) -> String? {
    switch operation {
    case is AddOperation: return emit("Add", inputs)
    case is SubOperation: return emit("Sub", inputs)
    case is MulOperation: return emit("Mul", inputs)
    case is DivOperation: return emit("Div", inputs)
    case is MaximumOperation: return emit("Max", inputs)
    case is MinimumOperation: return emit("Min", inputs)
    case is PowerOperation: return emit("Pow", inputs)
    case is WhereOperation: return emit("Where", [cast(inputs[0], .bool), inputs[1], inputs[2]])
    case let compare as CompareOperation:
      let type =
        switch compare.relation {
        case .equal: "Equal"
        case .greater: "Greater"
        case .greaterOrEqual: "GreaterOrEqual"
        case .less: "Less"
        case .lessOrEqual: "LessOrEqual"
        }
      return asFloat(emit(type, inputs))
    case is ReLUOperation: return emit("Relu", inputs)
    case is SigmoidOperation: return emit("Sigmoid", inputs)
    case is TanhOperation: return emit("Tanh", inputs)
    case is SiLUOperation: return emit("Mul", [inputs[0], emit("Sigmoid", inputs)])
    case is HardswishOperation: return emit("HardSwish", inputs)
    case is HardsigmoidOperation:
      return emit("HardSigmoid", inputs, [.float("alpha", 1 / 6), .float("beta", 0.5)])
    case is ExpOperation: return emit("Exp", inputs)
    case is LogOperation: return emit("Log", inputs)
    case is SqrtOperation: return emit("Sqrt", inputs)
    case is AbsOperation: return emit("Abs", inputs)
    case is ErfOperation: return emit("Erf", inputs)
    case let pow as PowOperation:
      return pow.exponent == -1
        ? emit("Reciprocal", inputs) : emit("Pow", [inputs[0], number(pow.exponent)])
    case let leaky as LeakyReLUOperation:
      return emit("LeakyRelu", inputs, [.float("alpha", leaky.negativeSlope)])
    case let elu as ELUOperation: return emit("Elu", inputs, [.float("alpha", elu.alpha)])
    case let clip as ClipOperation:
      return emit("Clip", [inputs[0], number(clip.minimum), number(clip.maximum)])
    case let scale as ScaleOperation:
      let scaled = scale.factor == 1 ? inputs[0] : emit("Mul", [inputs[0], number(scale.factor)])
      return scale.offset == 0 && scale.factor != 1
        ? scaled : emit("Add", [scaled, number(scale.offset)])
    case let softplus as SoftplusOperation:
      guard softplus.beta != 1 else { return emit("Softplus", inputs) }
      let scaled = emit("Mul", [inputs[0], number(softplus.beta)])
      return emit("Div", [emit("Softplus", [scaled]), number(softplus.beta)])
    case let gelu as GELUOperation: return self.gelu(gelu, inputs[0])
    case let softmax as SoftmaxOperation:
      return emit("Softmax", inputs, [.integer("axis", softmax.dim)])
    case let softmax as LogSoftmaxOperation:
      return emit("LogSoftmax", inputs, [.integer("axis", softmax.dim)])
    case let function as FunctionOperation: return self.function(function.function, inputs[0])
    default: return nil
    }
  }

  private func gelu(_ gelu: GELUOperation, _ x: String) -> String {
    let share: String
    switch gelu.approximate {
    case .none:
      share = emit("Erf", [emit("Div", [x, number(Float(2).squareRoot())])])
    case .tanh:
      let cube = emit("Mul", [emit("Pow", [x, number(3)]), number(0.044715)])
      let inner = emit("Mul", [emit("Add", [x, cube]), number((2 / Float.pi).squareRoot())])
      share = emit("Tanh", [inner])
    }
    return emit("Mul", [emit("Mul", [x, number(0.5)]), emit("Add", [share, number(1)])])
  }

  private func function(_ function: FunctionOperation.Function, _ x: String) -> String {
    switch function {
    case .sin: emit("Sin", [x])
    case .cos: emit("Cos", [x])
    case .tan: emit("Tan", [x])
    case .asin: emit("Asin", [x])
    case .acos: emit("Acos", [x])
    case .atan: emit("Atan", [x])
    case .sinh: emit("Sinh", [x])
    case .cosh: emit("Cosh", [x])
    case .asinh: emit("Asinh", [x])
    case .acosh: emit("Acosh", [x])
    case .atanh: emit("Atanh", [x])
    case .floor: emit("Floor", [x])
    case .ceil: emit("Ceil", [x])
    case .round: emit("Round", [x])
    case .truncate: emit("Mul", [emit("Sign", [x]), emit("Floor", [emit("Abs", [x])])])
    case .sign: emit("Sign", [x])
    case .isNaN: asFloat(emit("IsNaN", [x]))
    case .isPositiveInfinity: asFloat(emit("IsInf", [x], [.integer("detect_negative", 0)]))
    case .isNegativeInfinity: asFloat(emit("IsInf", [x], [.integer("detect_positive", 0)]))
    case .float16: asFloat(cast(x, .float16))
    case .bfloat16: asFloat(cast(x, .bfloat16))
    }
  }
}
