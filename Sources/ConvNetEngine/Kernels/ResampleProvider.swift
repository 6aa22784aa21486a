internal import CConvNetKernels
internal import ConvNetGraph

/// Resizing, padding and cropping of images, in blocks, with their gradients.
enum ResampleProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    let kernels = request.table.resample
    switch request.operation {
    case let operation as ResizeOperation:
      let resize = cn_resize(operation, request.inputShapes[0], request.outputShapes[0])
      let isNearest = operation.mode == .nearest
      return planes(request, "resize \(operation.mode)") { first, last, memory in
        if isNearest {
          kernels.nearest(memory.input(0), memory.output(0), resize, first, last)
        } else {
          kernels.bilinear(memory.input(0), memory.output(0), resize, first, last)
        }
      }
    case let operation as ResizeGradient:
      let resize = cn_resize(operation.resize, request.outputShapes[0], request.inputShapes[0])
      let isNearest = operation.resize.mode == .nearest
      return planes(request, "resize \(operation.resize.mode) gradient") { first, last, memory in
        if isNearest {
          kernels.nearest_backward(memory.input(0), memory.output(0), resize, first, last)
        } else {
          kernels.bilinear_backward(memory.input(0), memory.output(0), resize, first, last)
        }
      }
    case let operation as PadOperation:
      guard
        let pad = cn_pad(operation, request.inputShapes[0], request.outputShapes[0], request.table)
      else { return .refusal("no kernel for this padding") }
      return planes(request, "pad \(operation.mode)") { first, last, memory in
        kernels.pad(memory.input(0), memory.output(0), pad, first, last)
      }
    case let operation as PadGradient:
      guard
        let pad = cn_pad(
          operation.padding, request.outputShapes[0], request.inputShapes[0], request.table)
      else { return .refusal("no kernel for this padding") }
      return planes(request, "pad \(operation.padding.mode) gradient") { first, last, memory in
        kernels.pad_backward(memory.input(0), memory.output(0), pad, first, last)
      }
    default:
      return .notMine
    }
  }

  private static func planes(
    _ request: KernelRequest, _ summary: String,
    _ body: @escaping @Sendable (Int64, Int64, KernelMemory) -> Void
  ) -> KernelAnswer {
    let planes = Planes(request.outputShapes[0], request.table)
    return .choice(
      KernelChoice(
        kernel: RangeKernel(summary, planes.phase(body)), inputs: [.layout(.blocked)],
        outputLayouts: [.blocked]))
  }
}

extension cn_resize {
  /// The C kernels' form of a resize from an image of shape x to one of shape y.
  fileprivate init(_ operation: ResizeOperation, _ x: Shape, _ y: Shape) {
    self.init()
    batch = Int64(x[0])
    channels = Int64(x[1])
    (height, width) = (Int64(x[2]), Int64(x[3]))
    (output_height, output_width) = (Int64(y[2]), Int64(y[3]))
    align_corners = operation.alignCorners
    var (vertical, horizontal) = (0.0, 0.0)
    if case .scale(let height, let width) = operation.target {
      (vertical, horizontal) = (height, width)
    }
    scale_height = cn_resize_scale(height, output_height, align_corners, vertical)
    scale_width = cn_resize_scale(width, output_width, align_corners, horizontal)
  }
}

extension cn_pad {
  /// The C kernels' form of a padding of an image of shape x to shape y, where they have it.
  fileprivate init?(_ operation: PadOperation, _ x: Shape, _ y: Shape, _ table: KernelTable) {
    guard x.rank == 4, operation.before.count == 2 else { return nil }
    self.init()
    switch operation.mode {
    case .constant:
      // Another number than 0 would have to spare the lanes beyond the channels.
      guard operation.value == 0 || x[1] % table.vectorLength == 0 else { return nil }
      mode = CN_PAD_CONSTANT
    case .reflect: mode = CN_PAD_REFLECT
    case .replicate: mode = CN_PAD_REPLICATE
    case .circular: return nil
    }
    batch = Int64(x[0])
    channels = Int64(x[1])
    (height, width) = (Int64(x[2]), Int64(x[3]))
    (output_height, output_width) = (Int64(y[2]), Int64(y[3]))
    (top, left) = (Int64(operation.before[0]), Int64(operation.before[1]))
    value = operation.value
  }
}
