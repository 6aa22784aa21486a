internal import CConvNetKernels
internal import ConvNetGraph

/// Elementwise work where one side is repeated: fixed lines, gates ("squeeze and excitation"), rows
/// less their mean.
enum BroadcastProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    let kind: cn_binary_kind
    switch request.operation {
    case let line as ScaleOperation: return .choice(scaled(line, request))
    case is AddOperation: kind = CN_ADD
    case is SubOperation: kind = CN_SUBTRACT
    case is MulOperation: kind = CN_MULTIPLY
    case is DivOperation: kind = CN_DIVIDE
    default: return .notMine
    }
    if kind == CN_MULTIPLY, let gate = gated(request) { return .choice(gate) }
    return .choice(repeated(kind, request))
  }

  /// factor x + offset.
  private static func scaled(_ line: ScaleOperation, _ request: KernelRequest) -> KernelChoice {
    let shape = request.inputShapes[0]
    let elementwise = request.table.elementwise
    let (factor, offset) = (line.factor, line.offset)
    guard request.prefersBlocked else {
      let phase = RangeKernel.Phase(items: shape.count, elementsPerItem: 1) { range, memory in
        elementwise.scale_shift(
          memory.input(0) + range.lowerBound, factor, offset, memory.output(0) + range.lowerBound,
          Int64(range.count))
      }
      return KernelChoice(
        kernel: RangeKernel("line", phase), inputs: [.layout(.plain)], outputLayouts: [.plain],
        inPlace: [0])
    }
    let planes = Planes(shape, request.table)
    let lanes = request.table.vectorLength
    // The lanes beyond the last channel must stay zero.
    let used = offset == 0 && factor.isFinite ? 0 : shape[1] % lanes
    let phase = planes.phase { first, last, memory in
      let begin = Int(first) * planes.elements
      elementwise.scale_shift(
        memory.input(0) + begin, factor, offset, memory.output(0) + begin,
        (last - first) * Int64(planes.elements))
      guard used > 0 else { return }
      for plane in Int(first)..<Int(last) where (plane + 1) % planes.channelBlocks == 0 {
        let target = memory.output(0) + plane * planes.elements
        for pixel in stride(from: 0, to: planes.elements, by: lanes) {
          for lane in used..<lanes { target[pixel + lane] = 0 }
        }
      }
    }
    return KernelChoice(
      kernel: RangeKernel("line", phase), inputs: [.layout(.blocked)], outputLayouts: [.blocked],
      inPlace: [0])
  }

  /// An image in blocks times one number per image and channel.
  private static func gated(_ request: KernelRequest) -> KernelChoice? {
    let output = request.outputShapes[0]
    guard output.rank == 4, let image = request.inputShapes.firstIndex(of: output),
      request.inputShapes[1 - image] == [output[0], output[1], 1, 1],
      request.inputLayouts[image].contains(.blocked)
    else { return nil }
    let elementwise = request.table.elementwise
    let planes = Planes(output, request.table)
    let phase = planes.phase { first, last, memory in
      elementwise.gate(
        memory.input(image), memory.input(1 - image), memory.output(0), planes.c, first, last)
    }
    return KernelChoice(
      kernel: RangeKernel("gate", phase), inputs: [.layout(.blocked), .layout(.blocked)],
      outputLayouts: [.blocked], inPlace: [image])
  }

  /// Any other repetition, row by row.
  private static func repeated(_ kind: cn_binary_kind, _ request: KernelRequest) -> KernelChoice {
    let walk = BroadcastWalk(
      request.inputShapes[0], request.inputShapes[1], request.outputShapes[0])
    let elementwise = request.table.elementwise
    let phase = RangeKernel.Phase(items: walk.rows, elementsPerItem: walk.columns) {
      range, memory in
      for row in range {
        let start = walk.start(of: row)
        let (a, b) = (memory.input(0) + start.a, memory.input(1) + start.b)
        let y = memory.output(0) + row * walk.columns
        if walk.stepA == 1, walk.stepB == 1 {
          elementwise.binary(kind, a, b, y, Int64(walk.columns))
          continue
        }
        let line = RepeatedRow(a: a, b: b, y: y, walk: walk)
        switch kind {
        case CN_ADD: line.fill { $0 + $1 }
        case CN_SUBTRACT: line.fill { $0 - $1 }
        case CN_MULTIPLY: line.fill { $0 * $1 }
        default: line.fill { $0 / $1 }
        }
      }
    }
    return KernelChoice(
      kernel: RangeKernel("elementwise, repeated", phase),
      inputs: [.layout(.plain), .layout(.plain)], outputLayouts: [.plain],
      inPlace: [request.inputShapes.firstIndex(of: request.outputShapes[0])])
  }
}

/// A row of which at least one side stands still.
private struct RepeatedRow {
  let a, b: UnsafePointer<Float>
  let y: UnsafeMutablePointer<Float>
  let walk: BroadcastWalk

  @inline(__always)
  func fill(_ function: (Float, Float) -> Float) {
    let (first, second) = (a[0], b[0])
    if walk.stepA == 1 {
      for index in 0..<walk.columns { y[index] = function(a[index], second) }
    } else if walk.stepB == 1 {
      for index in 0..<walk.columns { y[index] = function(first, b[index]) }
    } else {
      let value = function(first, second)
      for index in 0..<walk.columns { y[index] = value }
    }
  }
}
