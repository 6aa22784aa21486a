internal import CConvNetKernels
internal import ConvNetGraph

/// Pooling and its gradients on blocked images.
enum PoolingProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    let pooling = request.table.pooling
    switch request.operation {
    case let operation as TappedMaxPool:
      let window = cn_window(
        operation.pooling.window, request.inputShapes[0], request.outputShapes[0])
      let givesTaps = operation.givesTaps
      return .choice(
        choice(request, over: request.outputShapes[0], "max pooling") { first, last, memory in
          let taps =
            givesTaps
            ? UnsafeMutableRawPointer(memory.output(1)).assumingMemoryBound(to: UInt16.self) : nil
          pooling.max(memory.input(0), memory.output(0), taps, window, first, last)
        })
    case let operation as TappedMaxPoolGradient:
      let window = cn_window(
        operation.pooling.window, request.outputShapes[0], request.inputShapes[0])
      return .choice(
        choice(request, over: request.outputShapes[0], "max pooling gradient") {
          first, last, memory in
          let taps = UnsafeRawPointer(memory.input(1)).assumingMemoryBound(to: UInt16.self)
          pooling.max_backward(memory.input(0), taps, memory.output(0), window, first, last)
        })
    case let operation as AvgPool2dOperation:
      let window = cn_window(operation, request.inputShapes[0], request.outputShapes[0])
      return .choice(
        choice(request, over: request.outputShapes[0], "average pooling") { first, last, memory in
          pooling.average(memory.input(0), memory.output(0), window, first, last)
        })
    case let operation as AveragePoolingGradient<AvgPool2dOperation>:
      let window = cn_window(operation.pooling, request.outputShapes[0], request.inputShapes[0])
      return .choice(
        choice(request, over: request.outputShapes[0], "average pooling gradient") {
          first, last, memory in
          pooling.average_backward(memory.input(0), memory.output(0), window, first, last)
        })
    case is GlobalAvgPool2dOperation:
      let planes = Planes(request.inputShapes[0], request.table)
      return .choice(
        choice(request, over: request.inputShapes[0], "global average") { first, last, memory in
          pooling.global_average(memory.input(0), memory.output(0), planes.c, first, last)
        })
    case is AveragePoolingGradient<GlobalAvgPool2dOperation>:
      let planes = Planes(request.outputShapes[0], request.table)
      return .choice(
        choice(request, over: request.outputShapes[0], "global average gradient") {
          first, last, memory in
          pooling.global_average_backward(memory.input(0), memory.output(0), planes.c, first, last)
        })
    case is AdaptiveAvgPool2dOperation:
      let window = cn_window(adaptive: request.inputShapes[0], request.outputShapes[0])
      return .choice(
        choice(request, over: request.outputShapes[0], "adaptive average") { first, last, memory in
          pooling.average(memory.input(0), memory.output(0), window, first, last)
        })
    case is AveragePoolingGradient<AdaptiveAvgPool2dOperation>:
      let window = cn_window(adaptive: request.outputShapes[0], request.inputShapes[0])
      return .choice(
        choice(request, over: request.outputShapes[0], "adaptive average gradient") {
          first, last, memory in
          pooling.average_backward(memory.input(0), memory.output(0), window, first, last)
        })
    default:
      return .notMine
    }
  }

  private static func choice(
    _ request: KernelRequest, over shape: Shape, _ summary: String,
    _ body: @escaping @Sendable (Int64, Int64, KernelMemory) -> Void
  ) -> KernelChoice {
    let planes = Planes(shape, request.table)
    return KernelChoice(
      kernel: RangeKernel(summary, planes.phase(body)),
      inputs: request.inputShapes.map { _ in .layout(.blocked) },
      outputLayouts: request.outputShapes.map { _ in .blocked })
  }
}

extension cn_window {
  /// The C kernels' form of a window over an input of shape x with an output of shape y.
  fileprivate init(_ window: SlidingWindow, _ x: Shape, _ y: Shape) {
    self.init(sizes: x, y)
    let sides = window.sides(for: Size2D(height: x[2], width: x[3]))
    kernel_height = Int32(clamping: window.kernel.height)
    kernel_width = Int32(clamping: window.kernel.width)
    stride_height = Int32(clamping: window.stride.height)
    stride_width = Int32(clamping: window.stride.width)
    pad_top = Int32(clamping: sides.top)
    pad_bottom = Int32(clamping: sides.bottom)
    pad_left = Int32(clamping: sides.left)
    pad_right = Int32(clamping: sides.right)
    dilation_height = Int32(clamping: window.dilation.height)
    dilation_width = Int32(clamping: window.dilation.width)
  }

  fileprivate init(_ operation: AvgPool2dOperation, _ x: Shape, _ y: Shape) {
    self.init(operation.window, x, y)
    count_include_pad = operation.countIncludePad
    divisor_override = Int32(clamping: operation.divisorOverride ?? 0)
  }

  /// The parts of adaptive pooling.
  fileprivate init(adaptive x: Shape, _ y: Shape) {
    self.init(sizes: x, y)
    adaptive = true
  }

  /// Only the sizes.
  fileprivate init(sizes x: Shape, _ y: Shape) {
    self.init()
    batch = Int64(x[0])
    channels = Int64(x[1])
    height = Int64(x[2])
    width = Int64(x[3])
    output_height = Int64(y[2])
    output_width = Int64(y[3])
  }
}
