internal import CConvNetKernels
internal import ConvNetGraph

/// Convolutions in all directions through the C kernels.
enum ConvolutionProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    switch request.operation {
    case let operation as Conv2dOperation:
      return forward(
        FusedConvolution(convolution: operation, hasBias: request.inputShapes.count == 3), request)
    case let operation as FusedConvolution:
      return forward(operation, request)
    case let operation as Conv2dInputGradient:
      return inputGradient(FusedInputGradient(gradient: operation), request)
    case let operation as Conv2dWeightGradient:
      return weightGradient(operation, request)
    case let operation as FusedWeightGradient:
      return weightGradient(operation.weights, request)
    case let operation as FusedInputGradient:
      return inputGradient(operation, request)
    case let operation as ConvTranspose2dOperation:
      return transposed(operation, request)
    default:
      return .notMine
    }
  }

  private static func forward(_ fused: FusedConvolution, _ request: KernelRequest) -> KernelAnswer {
    let problem = ConvolutionProblem(
      fused.convolution, x: request.inputShapes[0], w: request.inputShapes[1],
      y: request.outputShapes[0])
    // A picture comes plain: a stem kernel that reads it so saves the layout change.
    let isPlain = request.inputLayouts[0] == [.plain]
    var planned: Result<cn_convolution_plan, Refusal> = .failure(Refusal(reason: ""))
    if isPlain {
      planned = problem.plan(
        CN_FORWARD, request, plainSource: true, statistics: fused.givesStatistics)
    }
    let readsPlain = (try? planned.get()) != nil
    if !readsPlain {
      planned = problem.plan(
        CN_FORWARD, request, plainSource: false, statistics: fused.givesStatistics)
    }
    switch planned {
    case .failure(let refusal): return .refusal(refusal.reason)
    case .success(let plan):
      var kernel = ConvolutionKernel(table: request.table, plan: plan, role: .forward)
      kernel.biasIndex = fused.biasIndex
      kernel.residualIndex = fused.residualIndex
      kernel.clamp = fused.clamp
      var inputs: [KernelChoice.InputUse] = [
        .layout(readsPlain ? .plain : .blocked), weights(request.table, plan),
      ]
      if fused.hasBias { inputs.append(.layout(.plain)) }
      if fused.hasResidual { inputs.append(.layout(.blocked)) }
      var choice = KernelChoice(
        kernel: kernel, inputs: inputs,
        outputLayouts: [.blocked] + (fused.givesStatistics ? [.plain, .plain] : []),
        workspace: Int(plan.workspace_bytes + 3) / 4)
      // The residual is read at the same place that is written.
      choice.inPlace = [fused.residualIndex]
      choice.remarks = plan.precisionRemarks
      return .choice(choice)
    }
  }

  private static func inputGradient(
    _ fused: FusedInputGradient, _ request: KernelRequest
  ) -> KernelAnswer {
    backwardData(fused.gradient.convolution, request) { kernel, choice in
      kernel.residualIndex = fused.residualIndex
      kernel.maskIndex = fused.maskIndex
      if fused.hasResidual { choice.inputs.append(.layout(.blocked)) }
      if fused.hasMask { choice.inputs.append(.layout(.blocked)) }
      choice.inPlace = [fused.residualIndex]
    }
  }

  /// A transposed convolution is the image's gradient of a convolution, used forward.
  private static func transposed(
    _ operation: ConvTranspose2dOperation, _ request: KernelRequest
  ) -> KernelAnswer {
    let output = request.outputShapes[0]
    let convolution = operation.convolution(
      weights: request.inputShapes[1], output: Size2D(height: output[2], width: output[3]))
    return backwardData(convolution, request) { kernel, choice in
      guard request.inputShapes.count == 3 else { return }
      kernel.biasIndex = 2
      choice.inputs.append(.layout(.plain))
    }
  }

  private static func backwardData(
    _ convolution: Conv2dOperation, _ request: KernelRequest,
    _ complete: (inout ConvolutionKernel, inout KernelChoice) -> Void
  ) -> KernelAnswer {
    let problem = ConvolutionProblem(
      convolution, x: request.outputShapes[0], w: request.inputShapes[1],
      y: request.inputShapes[0])
    switch problem.plan(CN_BACKWARD_DATA, request, plainSource: false, statistics: false) {
    case .failure(let refusal): return .refusal(refusal.reason)
    case .success(let plan):
      var kernel = ConvolutionKernel(table: request.table, plan: plan, role: .inputGradient)
      var choice = KernelChoice(
        kernel: kernel, inputs: [.layout(.blocked), weights(request.table, plan)],
        outputLayouts: [.blocked], workspace: Int(plan.workspace_bytes + 3) / 4)
      choice.remarks = plan.precisionRemarks
      complete(&kernel, &choice)
      choice.kernel = kernel
      return .choice(choice)
    }
  }

  /// How the weights are wanted: packed, or as they are by an algorithm that packs on its way.
  private static func weights(
    _ table: KernelTable, _ plan: cn_convolution_plan
  ) -> KernelChoice.InputUse {
    plan.pack_tasks > 0 ? .packed(PackKernel(table, plan)) : .layout(.plain)
  }

  private static func weightGradient(
    _ gradient: Conv2dWeightGradient, _ request: KernelRequest
  ) -> KernelAnswer {
    let problem = ConvolutionProblem(
      gradient.convolution, x: request.inputShapes[0], w: request.outputShapes[0],
      y: request.inputShapes[1])
    let isPlain = request.inputLayouts[0] == [.plain]
    var planned: Result<cn_convolution_plan, Refusal> = .failure(Refusal(reason: ""))
    if isPlain {
      planned = problem.plan(CN_BACKWARD_WEIGHTS, request, plainSource: true, statistics: false)
    }
    let readsPlain = (try? planned.get()) != nil
    if !readsPlain {
      planned = problem.plan(CN_BACKWARD_WEIGHTS, request, plainSource: false, statistics: false)
    }
    switch planned {
    case .failure(let refusal): return .refusal(refusal.reason)
    case .success(let plan):
      return .choice(
        KernelChoice(
          kernel: ConvolutionKernel(
            table: request.table, plan: plan,
            role: .weightGradient(withBias: request.outputShapes.count == 2)),
          inputs: [.layout(readsPlain ? .plain : .blocked), .layout(.blocked)],
          outputLayouts: request.outputShapes.map { _ in .plain },
          workspace: Int(plan.workspace_bytes + 3) / 4, remarks: plan.precisionRemarks))
    }
  }
}

/// Why a kernel cannot be used.
struct Refusal: Error {
  let reason: String
}

/// A convolution's sizes in the C kernels' form.
struct ConvolutionProblem {
  private let problem: cn_convolution_problem

  /// The problem of a convolution of x with w to y; the shapes belong together.
  init(_ convolution: Conv2dOperation, x: Shape, w: Shape, y: Shape) {
    let sides = convolution.window(weights: w).sides(for: Size2D(height: x[2], width: x[3]))
    problem = cn_convolution_problem(
      batch: Int32(clamping: x[0]), channels: Int32(clamping: x[1]),
      height: Int32(clamping: x[2]), width: Int32(clamping: x[3]),
      out_channels: Int32(clamping: w[0]),
      kernel_height: Int32(clamping: w[2]), kernel_width: Int32(clamping: w[3]),
      stride_height: Int32(clamping: convolution.stride.height),
      stride_width: Int32(clamping: convolution.stride.width),
      pad_top: Int32(clamping: sides.top), pad_bottom: Int32(clamping: sides.bottom),
      pad_left: Int32(clamping: sides.left), pad_right: Int32(clamping: sides.right),
      dilation_height: Int32(clamping: convolution.dilation.height),
      dilation_width: Int32(clamping: convolution.dilation.width),
      groups: Int32(clamping: convolution.groups))
  }

  /// The C kernels' plan for a direction, or why there is none.
  func plan(
    _ direction: cn_direction, _ request: KernelRequest, plainSource: Bool, statistics: Bool
  ) -> Result<cn_convolution_plan, Refusal> {
    var wanted = cn_convolution_request()
    wanted.problem = problem
    wanted.direction = direction
    wanted.algorithm = CN_AUTOMATIC
    wanted.exact_order = request.options.algorithms == .exactOrder
    wanted.plain_source = plainSource
    wanted.constant_weights = request.hasFixedWeights
    wanted.statistics = statistics
    wanted.precision = request.options.precision.kernel
    var plan = cn_convolution_plan()
    switch request.table.convolution.plan(&wanted, &plan) {
    case CN_OK: return .success(plan)
    case CN_INVALID: return .failure(Refusal(reason: "the convolution kernels refuse these sizes"))
    default: return .failure(Refusal(reason: "no convolution kernel for this combination"))
    }
  }
}
