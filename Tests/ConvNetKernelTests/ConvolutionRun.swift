internal import CConvNetKernels
import Testing

/// The order in which the tasks of a phase run.
enum TaskOrder: CaseIterable {
  case ascending, descending, scattered

  func permute(_ count: Int32) -> [Int32] {
    switch self {
    case .ascending: return Array(0..<count)
    case .descending: return (0..<count).reversed()
    case .scattered:
      var random = SeededRandom(seed: 99)
      return (0..<count).shuffled(using: &random)
    }
  }
}

/// What follows the sums of a convolution; arrays are plain.
struct Epilogue {
  var bias: [Float]?
  var residual: [Float]?
  var low = -Float.infinity
  var high = Float.infinity
  var mask: [Float]?

  /// The same on one float64 sum.
  func apply(_ sum: Sum, index: Int, plane: Int, channels: Int) -> Sum {
    var sum = sum
    if let bias { sum += Double(bias[index / plane % channels]) }
    if let residual { sum += Double(residual[index]) }
    sum.value = min(max(sum.value, Double(low)), Double(high))
    if let mask, mask[index] <= 0 { sum.value = 0 }
    return sum
  }
}

/// One convolution on one instruction set, with the memory around it checked.
struct ConvolutionRun {
  let table: UnsafePointer<cn_kernel_table>
  let reference: ConvolutionReference
  var request: cn_convolution_request
  var order = TaskOrder.ascending

  var vector: Int { table.pointee.vector_length.int }
  var problem: cn_convolution_problem { request.problem }

  init(
    _ table: UnsafePointer<cn_kernel_table>, _ problem: cn_convolution_problem,
    _ direction: cn_direction, _ algorithm: cn_algorithm = CN_AUTOMATIC
  ) {
    self.table = table
    reference = ConvolutionReference(problem)
    request = cn_convolution_request()
    request.problem = problem
    request.direction = direction
    request.algorithm = algorithm
    request.plain_source = algorithm == CN_STEM
  }

  /// nil when the algorithm does not do this problem.
  func plan() -> cn_convolution_plan? {
    var plan = cn_convolution_plan()
    var request = request
    let status = table.pointee.convolution.pointee.plan(&request, &plan)
    guard status == CN_OK else {
      #expect(status == CN_UNSUPPORTED && request.algorithm != CN_DIRECT)
      return nil
    }
    #expect(plan.out_height.int == reference.outHeight)
    #expect(plan.out_width.int == reference.outWidth)
    return plan
  }

  private func run(_ plan: cn_convolution_plan, _ arguments: cn_convolution_arguments) {
    var plan = plan
    var arguments = arguments
    let workspace = AlignedFloats(count: Int(plan.workspace_bytes / 4))
    arguments.workspace = UnsafeMutableRawPointer(workspace.base)
    for phase in 0..<plan.phases {
      for task in order.permute(cn_convolution_tasks(&plan, phase)) {
        let scratch = AlignedFloats(count: Int((plan.thread_scratch_bytes + 3) / 4))
        table.pointee.convolution.pointee.run(&plan, phase, task, &arguments, scratch.base)
        #expect(scratch.marginIsIntact)
      }
    }
    #expect(workspace.marginIsIntact)
  }

  private func pack(_ plan: cn_convolution_plan, _ weights: [Float]) -> AlignedFloats {
    var plan = plan
    let packed = AlignedFloats(count: Int(plan.packed_weight_bytes / 4))
    for task in order.permute(plan.pack_tasks) {
      table.pointee.convolution.pointee.pack(&plan, task, weights, packed.base)
    }
    #expect(packed.marginIsIntact)
    return packed
  }

  struct DataResult {
    var values: [Float]
    var mean: [Float]
    var centredSquares: [Float]
  }

  /// Forward (`source` is x) or backward data (`source` is dy).
  func data(
    _ plan: cn_convolution_plan, source: [Float], weights: [Float], epilogue: Epilogue = Epilogue()
  ) -> DataResult {
    let backward = request.direction == CN_BACKWARD_DATA
    let outPlane = reference.outHeight * reference.outWidth
    let sourcePlane = backward ? outPlane : reference.inputPlane
    let targetPlane = backward ? reference.inputPlane : outPlane
    let sources = backward ? problem.out_channels.int : problem.channels.int
    let targets = backward ? problem.channels.int : problem.out_channels.int
    let from =
      request.plain_source
      ? AlignedFloats(source)
      : blocked(source, channels: sources, plane: sourcePlane, vector: vector)
    let padded = (targets + vector - 1) / vector * vector
    let to = AlignedFloats(count: problem.batch.int * padded * targetPlane)
    let packed = pack(plan, weights)
    let bias = epilogue.bias.map(AlignedFloats.init)
    let residual = epilogue.residual.map {
      blocked($0, channels: targets, plane: targetPlane, vector: vector)
    }
    let mask = epilogue.mask.map {
      blocked($0, channels: targets, plane: targetPlane, vector: vector)
    }
    let mean = AlignedFloats(count: padded)
    let squares = AlignedFloats(count: padded)
    var arguments = cn_convolution_arguments()
    arguments.source = UnsafePointer(from.base)
    arguments.destination = to.base
    let ownWeights = AlignedFloats(weights)
    arguments.packed_weights = plan.pack_tasks > 0 ? UnsafePointer(packed.base) : nil
    arguments.weights = plan.pack_tasks > 0 ? nil : UnsafePointer(ownWeights.base)
    arguments.bias = bias.map { UnsafePointer($0.base) }
    arguments.residual = residual.map { UnsafePointer($0.base) }
    arguments.mask = mask.map { UnsafePointer($0.base) }
    arguments.low = epilogue.low
    arguments.high = epilogue.high
    arguments.mean = mean.base
    arguments.centred_squares = squares.base
    withExtendedLifetime((bias, residual, mask, ownWeights, packed, from)) {
      run(plan, arguments)
    }
    #expect(to.marginIsIntact && mean.marginIsIntact && squares.marginIsIntact)
    let result = plain(to, channels: targets, plane: targetPlane, vector: vector)
    #expect(result.paddingIsZero)
    return DataResult(
      values: result.values, mean: Array(mean.values.prefix(targets)),
      centredSquares: Array(squares.values.prefix(targets)))
  }

  /// dW and db.
  func weightGradient(_ plan: cn_convolution_plan, x: [Float], dy: [Float])
    -> (weights: [Float], bias: [Float])
  {
    let from =
      request.plain_source
      ? AlignedFloats(x)
      : blocked(
        x, channels: problem.channels.int, plane: reference.inputPlane, vector: vector)
    let gradient = blocked(
      dy, channels: problem.out_channels.int, plane: reference.outHeight * reference.outWidth,
      vector: vector)
    let weights = AlignedFloats(count: reference.weightCount)
    let bias = AlignedFloats(count: problem.out_channels.int)
    var arguments = cn_convolution_arguments()
    arguments.source = UnsafePointer(from.base)
    arguments.out_gradient = UnsafePointer(gradient.base)
    arguments.weight_gradient = weights.base
    arguments.bias_gradient = bias.base
    withExtendedLifetime((from, gradient)) { run(plan, arguments) }
    #expect(weights.marginIsIntact && bias.marginIsIntact)
    return (weights.values, bias.values)
  }
}

/// The largest error in units of the bound for sums of `terms` products in any order:
/// (terms + 2) * 2^-24 * sum of magnitudes (Higham, Accuracy and Stability, section 3.1).
func worstError(_ values: [Float], _ sums: [Sum], terms: Int) -> Double {
  guard values.count == sums.count else { return .infinity }
  var worst = 0.0
  for (value, sum) in zip(values, sums) {
    let bound = Double(terms + 2) * 0x1p-24 * sum.magnitude + 1e-30
    let error = (Double(value) - sum.value).magnitude / bound
    if !(error <= worst) { worst = error.isNaN ? .infinity : error }
  }
  return worst
}

/// ||values - sums|| / ||sums||
func relativeError(_ values: [Float], _ sums: [Sum]) -> Double {
  guard values.count == sums.count else { return .infinity }
  var error = 0.0
  var norm = 1e-30
  for (value, sum) in zip(values, sums) {
    error += (Double(value) - sum.value) * (Double(value) - sum.value)
    norm += sum.value * sum.value
  }
  let result = (error / norm).squareRoot()
  return result.isNaN ? .infinity : result
}
