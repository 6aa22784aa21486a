internal import CConvNetKernels
import Testing

/// bfloat16 kernels against float64 loops over factors that were rounded in the same way: the bound is
/// that of float32 sums, so every rounding but that of the factors is accounted for.
@Suite struct BFloat16ConvolutionTests {
  static let problems: [cn_convolution_problem] = {
    var list = ConvolutionTests.problems
    var random = SeededRandom(seed: 77)
    for _ in 0..<24 {  // one tap of any stride, padding included
      var p = cn_convolution_problem.random(&random)
      (p.kernel_height, p.kernel_width, p.groups) = (1, 1, 1)
      list.append(p)
    }
    list += [
      .init(n: 2, c: 70, h: 33, w: 35, o: 80, k: 3, s: 2, p: 1),  // many strips, odd lines
      .init(n: 3, c: 130, h: 15, o: 100, k: 1),  // several tasks and chunks
      .init(n: 1, c: 40, h: 40, w: 9, o: 24, k: 3, p: 1),
    ]
    return list
  }()

  private func runs(
    _ problem: cn_convolution_problem, _ direction: cn_direction,
    _ body: (ConvolutionRun, cn_convolution_plan, String) -> [Float]
  ) {
    for table in availableTables() {
      var results: [[Float]] = []
      for precision in bfloat16Precisions {
        var run = ConvolutionRun(table, problem, direction, CN_DIRECT_BFLOAT16)
        run.request.precision = precision
        guard let plan = run.plan() else {
          #expect(direction == CN_BACKWARD_WEIGHTS && problem.groups > 1, "\(problem.text)")
          continue
        }
        run.order = precision == CN_BFLOAT16 ? .ascending : .scattered
        results.append(
          body(run, plan, "\(String(cString: table.pointee.isa)) \(precision) \(problem.text)"))
      }
      // The emulation takes the instruction's steps, and the order of tasks changes no bit.
      for result in results { #expect(result == results[0], "\(problem.text)") }
    }
  }

  @Test(arguments: problems.indices) func forwardAgreesWithLoops(index: Int) {
    let problem = Self.problems[index]
    var random = SeededRandom(seed: UInt64(index) + 3000)
    let reference = ConvolutionReference(problem)
    let x = random.floats(reference.inputCount)
    let weights = random.floats(reference.weightCount)
    let plane = reference.outHeight * reference.outWidth
    let channels = problem.out_channels.int
    var epilogue = Epilogue()
    if index & 1 != 0 { epilogue.bias = random.floats(channels) }
    if index & 2 != 0 { epilogue.residual = random.floats(reference.outputCount) }
    if index & 4 != 0 { epilogue.low = 0 }
    let expected = reference.forward(x: x.bfloat16, weights: weights.bfloat16).enumerated().map {
      epilogue.apply($1, index: $0, plane: plane, channels: channels)
    }
    runs(problem, CN_FORWARD) { run, plan, label in
      var run = run
      run.request.statistics = index % 3 == 0
      let result = run.data(
        run.plan() ?? plan, source: x, weights: weights, epilogue: epilogue)
      #expect(worstError(result.values, expected, terms: reference.terms) <= 1, "\(label)")
      return result.values + (run.request.statistics ? result.mean + result.centredSquares : [])
    }
  }

  @Test(arguments: problems.indices) func backwardDataAgreesWithLoops(index: Int) {
    let problem = Self.problems[index]
    var random = SeededRandom(seed: UInt64(index) + 4000)
    let reference = ConvolutionReference(problem)
    let dy = random.floats(reference.outputCount)
    let weights = random.floats(reference.weightCount)
    var epilogue = Epilogue()
    if index & 1 != 0 { epilogue.mask = random.floats(reference.inputCount) }
    if index & 2 != 0 { epilogue.residual = random.floats(reference.inputCount) }
    let expected = reference.backwardData(dy: dy.bfloat16, weights: weights.bfloat16).enumerated()
      .map {
        epilogue.apply(
          $1, index: $0, plane: reference.inputPlane, channels: problem.channels.int)
      }
    runs(problem, CN_BACKWARD_DATA) { run, plan, label in
      let result = run.data(plan, source: dy, weights: weights, epilogue: epilogue)
      #expect(worstError(result.values, expected, terms: reference.terms) <= 1, "\(label)")
      return result.values
    }
  }

  @Test(arguments: problems.indices) func backwardWeightsAgreeWithLoops(index: Int) {
    let problem = Self.problems[index]
    var random = SeededRandom(seed: UInt64(index) + 5000)
    let reference = ConvolutionReference(problem)
    let x = random.floats(reference.inputCount)
    let dy = random.floats(reference.outputCount)
    let weights = reference.backwardWeights(x: x.bfloat16, dy: dy.bfloat16)
    // The bias is no product: its gradient adds unrounded numbers.
    let bias = reference.backwardBias(dy: dy)
    let terms = problem.batch.int * reference.outHeight * reference.outWidth
    runs(problem, CN_BACKWARD_WEIGHTS) { run, plan, label in
      let result = run.weightGradient(plan, x: x, dy: dy)
      #expect(worstError(result.weights, weights, terms: terms) <= 1, "\(label)")
      #expect(worstError(result.bias, bias, terms: terms) <= 1, "\(label)")
      return result.weights + result.bias
    }
  }

  /// A 1x1 convolution with weight one gives the rounded numbers themselves, in whole vectors of
  /// output channels.
  @Test func everyKindOfNumberIsRounded() {
    let special: [Float] = [
      0, -0.0, 1, 1.00390625, 1.01171875, -1.00390625, 1.0039063, 1.0039061, .infinity, -.infinity,
      .greatestFiniteMagnitude, .leastNormalMagnitude, -1.5 * .leastNormalMagnitude, 65504, .nan,
      Float(bitPattern: 0x7f7f_7fff), Float(bitPattern: 0x3f80_8000),
      Float(bitPattern: 0x3f81_8000),
    ]
    let problem = cn_convolution_problem(c: 1, h: 3, w: 6, o: 16, k: 1)
    let ones = [Float](repeating: 1, count: 16)
    runs(problem, CN_FORWARD) { run, plan, label in
      let result = run.data(plan, source: special, weights: ones).values
      for (index, got) in result.enumerated() {
        let number = special[index % special.count]
        #expect(got == number.bfloat16 || (got.isNaN && number.isNaN), "\(label) \(number)")
      }
      return result.map { $0.isNaN ? 0 : $0 }
    }
  }

  @Test func theChoiceKeepsFloat32WhereItIsFaster() throws {
    func algorithm(
      _ problem: cn_convolution_problem, _ direction: cn_direction = CN_FORWARD,
      _ change: (inout cn_convolution_request) -> Void = { _ in }
    ) throws -> cn_algorithm {
      let table = try #require(cn_available_kernels(0))
      var request = ConvolutionRun(table, problem, direction).request
      request.precision = CN_BFLOAT16
      request.constant_weights = true
      change(&request)
      var plan = cn_convolution_plan()
      #expect(table.pointee.convolution.pointee.plan(&request, &plan) == CN_OK)
      return plan.algorithm
    }
    let square = cn_convolution_problem(n: 16, c: 128, h: 28, o: 128, k: 3, p: 1)
    let winograd = [CN_WINOGRAD, CN_WINOGRAD_PHASED]
    #expect(winograd.contains(try algorithm(square)))
    #expect(try algorithm(square) { $0.exact_order = true } == CN_DIRECT_BFLOAT16)
    #expect(try algorithm(square) { $0.precision = CN_FLOAT32 } != CN_DIRECT_BFLOAT16)
    let pointwise = cn_convolution_problem(n: 2, c: 64, h: 14, o: 128, k: 1)
    let strided = cn_convolution_problem(n: 2, c: 64, h: 14, o: 128, k: 3, s: 2, p: 1)
    for direction in [CN_FORWARD, CN_BACKWARD_DATA, CN_BACKWARD_WEIGHTS] {
      #expect(try algorithm(pointwise, direction) == CN_DIRECT_BFLOAT16)
      #expect(try algorithm(strided, direction) == CN_DIRECT_BFLOAT16)
    }
    let depthwise = cn_convolution_problem(n: 2, c: 64, h: 14, o: 64, k: 3, p: 1, g: 64)
    #expect(try algorithm(depthwise) == CN_DEPTHWISE)
    let stem = cn_convolution_problem(n: 1, c: 3, h: 32, o: 16, k: 7, s: 2, p: 3)
    #expect(try algorithm(stem) { $0.plain_source = true } == CN_STEM)
  }
}
