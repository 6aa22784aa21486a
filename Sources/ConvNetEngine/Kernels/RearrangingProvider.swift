internal import ConvNetGraph

/// Plain tensors read in another order: slices, transposes, repetitions, joins; and sums of rows.
enum RearrangingProvider: KernelProvider {
  static func answer(_ request: KernelRequest) -> KernelAnswer {
    let input = request.inputShapes.first ?? []
    switch request.operation {
    case let slice as SliceOperation:
      var (strides, offset) = (input.strides, 0)
      for range in slice.ranges {
        let dim = range.dim < 0 ? range.dim + input.rank : range.dim
        let start = range.start < 0 ? range.start + input[dim] : range.start
        offset += min(max(start, 0), input[dim]) * input.strides[dim]
        strides[dim] = input.strides[dim] &* range.step
      }
      return .choice(copied("cut", strides, offset, request))
    case let transpose as TransposeOperation:
      let strides = transpose.permutation.map {
        input.strides[$0 < 0 ? $0 + input.rank : $0]
      }
      return .choice(copied("dimensions exchanged", strides, 0, request))
    case is ExpandOperation:
      let output = request.outputShapes[0]
      let missing = output.rank - input.rank
      let strides = (0..<output.rank).map { dim in
        dim < missing || input[dim - missing] == 1 ? 0 : input.strides[dim - missing]
      }
      return .choice(copied("repeated", strides, 0, request))
    case let join as ConcatOperation:
      return .choice(joined(join, request))
    case let reduction as any ReduceOperation:
      return rows(reduction, request)
    default: return .notMine
    }
  }

  /// The result row by row out of the input, with a stride for each dimension of the result.
  private static func copied(
    _ summary: String, _ strides: [Int], _ offset: Int, _ request: KernelRequest
  ) -> KernelChoice {
    let output = request.outputShapes[0]
    var merged: [(size: Int, stride: Int)] = []
    for dim in (0..<output.rank).reversed() where output[dim] != 1 {
      if let last = merged.last, strides[dim] == last.stride &* last.size {
        merged[merged.count - 1].size *= output[dim]
      } else {
        merged.append((output[dim], strides[dim]))
      }
    }
    let (columns, step) = merged.first ?? (1, 0)
    let outer = Array(merged.dropFirst())
    let phase = RangeKernel.Phase(
      items: outer.reduce(1) { $0 * $1.size }, elementsPerItem: columns
    ) { range, memory in
      for row in range where columns > 0 {
        var (rest, place) = (row, offset)
        for dimension in outer {
          place += rest % dimension.size * dimension.stride
          rest /= dimension.size
        }
        let (source, target) = (memory.input(0) + place, memory.output(0) + row * columns)
        switch step {
        case 1: target.update(from: source, count: columns)
        case 0: target.update(repeating: source[0], count: columns)
        default: for column in 0..<columns { target[column] = source[column * step] }
        }
      }
    }
    return KernelChoice(
      kernel: RangeKernel(summary, phase), inputs: [.layout(.plain)], outputLayouts: [.plain])
  }

  private static func joined(_ join: ConcatOperation, _ request: KernelRequest) -> KernelChoice {
    let output = request.outputShapes[0]
    let dim = join.dim < 0 ? join.dim + output.rank : join.dim
    let inner = output.dimensions[(dim + 1)...].reduce(1, *)
    let parts = request.inputShapes.map { $0[dim] * inner }
    let length = output[dim] * inner
    let phase = RangeKernel.Phase(
      items: output.dimensions[..<dim].reduce(1, *), elementsPerItem: length
    ) { range, memory in
      for row in range {
        var target = memory.output(0) + row * length
        for (position, part) in parts.enumerated() {
          target.update(from: memory.input(position) + row * part, count: part)
          target += part
        }
      }
    }
    return KernelChoice(
      kernel: RangeKernel("joined", phase), inputs: parts.map { _ in .layout(.plain) },
      outputLayouts: [.plain])
  }

  /// Sums and means over the last dimensions: one number per row.
  private static func rows(
    _ reduction: any ReduceOperation, _ request: KernelRequest
  ) -> KernelAnswer {
    let input = request.inputShapes[0]
    let dims =
      reduction.dims.isEmpty
      ? Array(0..<input.rank)
      : reduction.dims.map { $0 < 0 ? $0 + input.rank : $0 }.sorted()
    guard dims == Array((input.rank - dims.count)..<input.rank) else {
      return .refusal("no kernel that sums along other dimensions than the last")
    }
    let columns = dims.reduce(1) { $0 * input[$1] }
    let weight: Float = reduction.weight(count: columns)
    let phase = RangeKernel.Phase(items: request.outputShapes[0].count, elementsPerItem: columns) {
      range, memory in
      for row in range {
        memory.output(0)[row] = weight * sum(memory.input(0) + row * columns, columns)
      }
    }
    return .choice(
      KernelChoice(
        kernel: RangeKernel("row sums", phase), inputs: [.layout(.plain)], outputLayouts: [.plain]))
  }

  /// Eight sums side by side, added at the end in a fixed order.
  private static func sum(_ numbers: UnsafePointer<Float>, _ count: Int) -> Float {
    var sums = SIMD8<Float>.zero
    let whole = count / 8 * 8
    for start in stride(from: 0, to: whole, by: 8) {
      sums += UnsafeRawPointer(numbers + start).loadUnaligned(as: SIMD8<Float>.self)
    }
    var total = sums.sum()
    for index in whole..<count { total += numbers[index] }
    return total
  }
}
