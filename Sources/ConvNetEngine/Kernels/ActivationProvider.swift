internal import CConvNetKernels
internal import ConvNetGraph

/// Activations and their gradients, in whatever layout their input has.
enum ActivationProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    if let function = request.operation as? any ActivationOperation {
      guard let c = cn_activation(function) else {
        return .refusal("no kernel for \(type(of: function).name)")
      }
      return .choice(forward(c, request))
    }
    if let gradient = request.operation as? any AnyActivationGradient {
      guard let c = cn_activation(gradient.function), c.readsOutput == gradient.usesOutput else {
        return .refusal("no kernel for the gradient of \(type(of: gradient.function).name)")
      }
      return .choice(backward(c, request))
    }
    return .notMine
  }

  private static func forward(_ function: cn_activation, _ request: KernelRequest) -> KernelChoice {
    let shape = request.inputShapes[0]
    let elementwise = request.table.elementwise
    if request.prefersBlocked, function.isZeroAtZero {
      return choice(count: Layout.blocked.elementCount(shape, request.table), .blocked, 1) {
        range, memory in
        elementwise.activation(
          function, memory.input(0) + range.lowerBound, memory.output(0) + range.lowerBound,
          Int64(range.count))
      }
    }
    if request.prefersBlocked {
      let planes = Planes(shape, request.table)
      let kernel = RangeKernel(
        "activation",
        planes.phase { first, last, memory in
          elementwise.activation_planes(
            function, memory.input(0), memory.output(0), planes.c, first, last)
        })
      return KernelChoice(
        kernel: kernel, inputs: [.layout(.blocked)], outputLayouts: [.blocked], inPlace: [0])
    }
    return choice(count: shape.count, .plain, 1) { range, memory in
      elementwise.activation(
        function, memory.input(0) + range.lowerBound, memory.output(0) + range.lowerBound,
        Int64(range.count))
    }
  }

  private static func backward(_ function: cn_activation, _ request: KernelRequest) -> KernelChoice
  {
    let layout: Layout = request.prefersBlocked ? .blocked : .plain
    let elementwise = request.table.elementwise
    if layout == .blocked, function.kind == CN_LOG || function.kind == CN_SQRT {
      // No derivative at zero: the unused lanes must be cleared.
      let planes = Planes(request.inputShapes[0], request.table)
      let kernel = RangeKernel(
        "activation",
        planes.phase { first, last, memory in
          elementwise.activation_backward_planes(
            function, memory.input(1), memory.input(0), memory.output(0), planes.c, first, last)
        })
      return KernelChoice(
        kernel: kernel, inputs: [.layout(.blocked), .layout(.blocked)], outputLayouts: [.blocked],
        inPlace: [0])
    }
    // The lanes beyond the channels stay zero: the arriving gradient is zero there.
    return choice(
      count: layout.elementCount(request.inputShapes[0], request.table), layout, 2
    ) { range, memory in
      elementwise.activation_backward(
        function, memory.input(1) + range.lowerBound, memory.input(0) + range.lowerBound,
        memory.output(0) + range.lowerBound, Int64(range.count))
    }
  }

  private static func choice(
    count: Int, _ layout: Layout, _ inputs: Int,
    _ body: @escaping @Sendable (Range<Int>, KernelMemory) -> Void
  ) -> KernelChoice {
    KernelChoice(
      kernel: RangeKernel(
        "activation", RangeKernel.Phase(items: count, elementsPerItem: 1, body)),
      inputs: [KernelChoice.InputUse](repeating: .layout(layout), count: inputs),
      outputLayouts: [layout], inPlace: [0])
  }
}

/// A gradient of any activation.
private protocol AnyActivationGradient {
  var function: any ActivationOperation { get }
  var usesOutput: Bool { get }
}

extension ActivationGradient: AnyActivationGradient {
  fileprivate var function: any ActivationOperation { activation }
  fileprivate var usesOutput: Bool { Function.derivativeUsesOutput }
}

extension cn_activation {
  /// The C kernels' form of an activation, where they have it.
  fileprivate init?(_ operation: any ActivationOperation) {
    self.init(kind: CN_RELU, alpha: 0, beta: 0)
    switch operation {
    case is ReLUOperation: kind = CN_RELU
    case let leaky as LeakyReLUOperation: (kind, alpha) = (CN_LEAKY_RELU, leaky.negativeSlope)
    case let clip as ClipOperation:
      (kind, alpha, beta) = (CN_CLAMP, clip.minimum, clip.maximum)
    case is SigmoidOperation: kind = CN_SIGMOID
    case is TanhOperation: kind = CN_TANH
    case is SiLUOperation: kind = CN_SILU
    case is HardsigmoidOperation: kind = CN_HARD_SIGMOID
    case is HardswishOperation: kind = CN_HARD_SWISH
    case let elu as ELUOperation: (kind, alpha) = (CN_ELU, elu.alpha)
    case let gelu as GELUOperation:
      kind = gelu.approximate == .none ? CN_GELU : CN_GELU_TANH
    case let softplus as SoftplusOperation:
      (kind, alpha, beta) = (CN_SOFTPLUS, softplus.beta, softplus.threshold)
    case is ExpOperation: kind = CN_EXP
    case is LogOperation: kind = CN_LOG
    case is SqrtOperation: kind = CN_SQRT
    case is AbsOperation: kind = CN_ABS
    case is ErfOperation: kind = CN_ERF
    default: return nil
    }
  }

  /// Whether the backward kernel reads y rather than x.
  fileprivate var readsOutput: Bool {
    switch kind {
    case CN_RELU, CN_CLAMP, CN_SIGMOID, CN_TANH, CN_HARD_SIGMOID, CN_EXP, CN_SQRT: true
    default: false
    }
  }

  /// Whether f(0) = 0, so that unused lanes stay zero by themselves.
  fileprivate var isZeroAtZero: Bool {
    switch kind {
    case CN_CLAMP: alpha <= 0 && beta >= 0
    case CN_SIGMOID, CN_HARD_SIGMOID, CN_SOFTPLUS, CN_EXP, CN_LOG: false
    default: true
    }
  }
}
