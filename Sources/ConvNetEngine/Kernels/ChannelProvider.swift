internal import CConvNetKernels
internal import ConvNetGraph

/// Joining and cutting images along their channels, in blocks.
enum ChannelProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    switch request.operation {
    case let operation as ConcatOperation:
      guard operation.dim == 1, request.outputShapes[0].rank == 4 else { return .notMine }
      return .choice(concatenation(request))
    case let operation as SliceOperation:
      guard let start = operation.channelStart(of: request.inputShapes[0]) else { return .notMine }
      return .choice(slice(from: start, request))
    case let operation as SliceGradient:
      guard let start = operation.slice.channelStart(of: request.outputShapes[0]) else {
        return .notMine
      }
      return .choice(sliceGradient(from: start, request))
    default:
      return .notMine
    }
  }

  private static func concatenation(_ request: KernelRequest) -> KernelChoice {
    let (output, layout) = (request.outputShapes[0], request.table.layout)
    let channels = request.inputShapes.map { Int64($0[1]) }
    let pixels = Int64(output[2] * output[3])
    let planes = Planes(output, request.table)
    let phase = planes.phase { first, last, memory in
      var start: Int64 = 0
      for (position, count) in channels.enumerated() {
        layout.copy_channels(
          memory.input(position), count, 0, memory.output(0), Int64(output[1]), start, count,
          Int64(output[0]), pixels, false, first, last)
        start += count
      }
    }
    return KernelChoice(
      kernel: RangeKernel("channels joined", phase),
      inputs: request.inputShapes.map { _ in .layout(.blocked) }, outputLayouts: [.blocked])
  }

  private static func slice(from start: Int, _ request: KernelRequest) -> KernelChoice {
    let (input, output) = (request.inputShapes[0], request.outputShapes[0])
    let layout = request.table.layout
    let phase = Planes(output, request.table).phase { first, last, memory in
      layout.copy_channels(
        memory.input(0), Int64(input[1]), Int64(start), memory.output(0), Int64(output[1]), 0,
        Int64(output[1]), Int64(output[0]), Int64(output[2] * output[3]), false, first, last)
    }
    return KernelChoice(
      kernel: RangeKernel("channels cut", phase), inputs: [.layout(.blocked)],
      outputLayouts: [.blocked])
  }

  private static func sliceGradient(from start: Int, _ request: KernelRequest) -> KernelChoice {
    let (input, output) = (request.inputShapes[0], request.outputShapes[0])
    let layout = request.table.layout
    let planes = Planes(output, request.table)
    let phase = planes.phase { first, last, memory in
      let begin = Int(first) * planes.elements
      layout.fill(memory.output(0) + begin, 0, Int64(Int(last) * planes.elements - begin))
      layout.copy_channels(
        memory.input(0), Int64(input[1]), 0, memory.output(0), Int64(output[1]), Int64(start),
        Int64(input[1]), Int64(output[0]), Int64(output[2] * output[3]), false, first, last)
    }
    return KernelChoice(
      kernel: RangeKernel("channels put back", phase), inputs: [.layout(.blocked)],
      outputLayouts: [.blocked])
  }
}

extension SliceOperation {
  /// The first channel, where nothing but a run of channels of an image is taken.
  fileprivate func channelStart(of shape: Shape) -> Int? {
    guard shape.rank == 4, ranges.count == 1, let range = ranges.first, range.step == 1,
      range.dim == 1 || range.dim == -3
    else { return nil }
    let start = range.start < 0 ? range.start + shape[1] : range.start
    return min(max(start, 0), shape[1])
  }
}
