internal import CConvNetKernels
import Testing

extension cn_convolution_problem {
  init(
    n: Int32 = 1, c: Int32, h: Int32, w: Int32? = nil, o: Int32, k: Int32, s: Int32 = 1,
    p: Int32 = 0, d: Int32 = 1, g: Int32 = 1
  ) {
    self.init(
      batch: n, channels: c, height: h, width: w ?? h, out_channels: o, kernel_height: k,
      kernel_width: k, stride_height: s, stride_width: s, pad_top: p, pad_bottom: p, pad_left: p,
      pad_right: p, dilation_height: d, dilation_width: d, groups: g)
  }

  /// A legal problem of any kind, small enough for the reference loops.
  static func random(_ random: inout SeededRandom) -> cn_convolution_problem {
    while true {
      let groups = [1, 1, 1, 2, 3, 8].randomElement(using: &random) ?? 1
      let limit = groups > 1 ? 9 : 40
      var p = cn_convolution_problem(c: 1, h: 1, o: 1, k: 1)
      p.batch = random.int(1...3)
      p.groups = Int32(groups)
      p.channels = p.groups * random.int(1...limit)
      p.out_channels = p.groups * random.int(1...limit)
      p.height = random.int(1...13)
      p.width = random.int(1...17)
      p.kernel_height = random.int(1...5)
      p.kernel_width = random.int(1...5)
      p.stride_height = random.int(1...3)
      p.stride_width = random.int(1...3)
      p.pad_top = random.int(0...3)
      p.pad_bottom = random.int(0...3)
      p.pad_left = random.int(0...3)
      p.pad_right = random.int(0...3)
      p.dilation_height = random.int(1...2)
      p.dilation_width = random.int(1...2)
      let roomY = p.height + p.pad_top + p.pad_bottom - p.dilation_height * (p.kernel_height - 1)
      let roomX = p.width + p.pad_left + p.pad_right - p.dilation_width * (p.kernel_width - 1)
      guard roomY >= 1, roomX >= 1 else { continue }
      let reference = ConvolutionReference(p)
      let work = reference.weightCount * reference.outHeight * reference.outWidth * p.batch.int
      if work < 400_000 { return p }
    }
  }

  var text: String {
    "n\(batch) c\(channels) h\(height) w\(width) o\(out_channels) k\(kernel_height)x\(kernel_width)"
      + " s\(stride_height)x\(stride_width) p\(pad_top),\(pad_bottom),\(pad_left),\(pad_right)"
      + " d\(dilation_height)x\(dilation_width) g\(groups)"
  }
}

@Suite struct ConvolutionTests {
  /// Shapes with a reason, then random ones.
  static let problems: [cn_convolution_problem] = {
    var list: [cn_convolution_problem] = [
      .init(n: 2, c: 32, h: 14, o: 64, k: 1),  // whole blocks, no border
      .init(n: 2, c: 33, h: 28, w: 29, o: 17, k: 1, s: 2),  // strided pointwise
      .init(n: 1, c: 16, h: 30, o: 32, k: 3, p: 1),  // whole rows
      .init(n: 3, c: 20, h: 7, o: 40, k: 3, p: 1),  // several images to a task
      .init(n: 5, c: 24, h: 2, o: 40, k: 3, p: 1),
      .init(n: 1, c: 72, h: 7, w: 5, o: 67, k: 3, p: 1),  // 4 + 3 and 3 + 3
      .init(n: 1, c: 72, h: 4, w: 2, o: 67, k: 3, p: 1),  // few pixels: F(2x2, 3x3)
      .init(n: 1, c: 150, h: 3, w: 4, o: 40, k: 3, p: 1),  // weights transformed in three rounds
      .init(n: 2, c: 20, h: 14, w: 10, o: 35, k: 3, p: 1),  // 4 + 4 + 3 + 3 and 4 + 3 + 3
      .init(n: 2, c: 20, h: 14, w: 27, o: 35, k: 3, s: 2, p: 1),  // Winograd of stride two
      .init(n: 1, c: 150, h: 6, w: 7, o: 33, k: 3, s: 2, p: 1),
      .init(n: 9, c: 19, h: 1, o: 35, k: 3, p: 1),  // 1x1 images: one tap of nine
      .init(n: 20, c: 19, h: 2, o: 35, k: 3, p: 1),  // position by position
      .init(n: 10, c: 9, h: 3, o: 35, k: 5, s: 2, p: 2),
      .init(n: 17, c: 5, h: 28, o: 18, k: 3, p: 1),  // several chunks of tiles and strips
      .init(n: 1, c: 8, h: 9, o: 12, k: 3, s: 2, p: 1),
      .init(n: 1, c: 3, h: 21, o: 20, k: 7, s: 2, p: 3),  // stem
      .init(n: 1, c: 3, h: 16, o: 20, k: 4, s: 4),  // patches: stride equals kernel
      .init(n: 1, c: 4, h: 12, o: 6, k: 1, s: 3),  // backward data: classes without a tap
      .init(n: 2, c: 24, h: 9, o: 24, k: 3, p: 1, g: 24),  // depthwise
      .init(n: 2, c: 20, h: 9, o: 20, k: 5, s: 2, p: 2, g: 20),
      .init(n: 1, c: 6, h: 8, o: 18, k: 3, p: 1, g: 6),  // depthwise with multiplier 3
      .init(n: 1, c: 64, h: 5, o: 64, k: 3, p: 1, g: 2),  // groups of whole vectors
      .init(n: 1, c: 2, h: 2, o: 3, k: 5, p: 2),  // kernel larger than the image
      .init(n: 2, c: 1, h: 1, w: 1, o: 1, k: 1),
    ]
    var random = SeededRandom(seed: 2024)
    for _ in 0..<48 { list.append(.random(&random)) }
    for _ in 0..<16 {  // depthwise, of any kind
      var p = cn_convolution_problem.random(&random)
      p.channels = random.int(1...20)
      (p.groups, p.out_channels) = (p.channels, p.channels)
      list.append(p)
    }
    for index in 0..<24 {  // what Winograd does, with any padding and ragged tiles
      var p = cn_convolution_problem(
        c: random.int(1...50), h: 1, o: random.int(1...50), k: 3, s: index % 3 == 0 ? 2 : 1)
      (p.batch, p.height, p.width) = (random.int(1...3), random.int(3...17), random.int(3...17))
      (p.pad_top, p.pad_bottom) = (random.int(0...3), random.int(0...3))
      (p.pad_left, p.pad_right) = (random.int(0...3), random.int(0...3))
      list.append(p)
    }
    return list
  }()

  static let algorithms: [cn_algorithm] = [
    CN_AUTOMATIC, CN_DIRECT, CN_DEPTHWISE, CN_STEM, CN_WINOGRAD, CN_WINOGRAD_PHASED,
  ]

  /// Direct sums: within the bound for any order of summation, output by output. Winograd mixes the
  /// pixels of a tile, multiplies by up to 5 and 8 on each axis and cancels again: relative L2
  /// error of the whole tensor, 1e-5.
  private func checkError(
    _ values: [Float], _ sums: [Sum], terms: Int, _ plan: cn_convolution_plan, _ label: String
  ) {
    if plan.algorithm == CN_WINOGRAD || plan.algorithm == CN_WINOGRAD_PHASED {
      #expect(relativeError(values, sums) <= 1e-5, "\(label)")
    } else {
      #expect(worstError(values, sums, terms: terms) <= 1, "\(label)")
    }
  }

  @Test(arguments: problems.indices) func forwardAgreesWithLoops(index: Int) {
    let problem = Self.problems[index]
    var random = SeededRandom(seed: UInt64(index))
    let reference = ConvolutionReference(problem)
    let x = random.floats(reference.inputCount)
    let weights = random.floats(reference.weightCount)
    let plane = reference.outHeight * reference.outWidth
    let channels = problem.out_channels.int
    var epilogue = Epilogue()
    if index & 1 != 0 { epilogue.bias = random.floats(channels) }
    if index & 2 != 0 { epilogue.residual = random.floats(reference.outputCount) }
    if index & 4 != 0 { epilogue.low = 0 }
    if index & 8 != 0 { (epilogue.low, epilogue.high) = (0.1, 0.6) }
    if index & 16 != 0 { epilogue.mask = random.floats(reference.outputCount) }
    let expected = reference.forward(x: x, weights: weights).enumerated().map {
      epilogue.apply($1, index: $0, plane: plane, channels: channels)
    }
    for table in availableTables() {
      for algorithm in Self.algorithms {
        var run = ConvolutionRun(table, problem, CN_FORWARD, algorithm)
        run.request.statistics = index % 3 == 0
        run.request.constant_weights = index % 2 == 0
        guard let plan = run.plan() else { continue }
        let result = run.data(plan, source: x, weights: weights, epilogue: epilogue)
        let label = "\(String(cString: table.pointee.isa)) \(plan.algorithm) \(problem.text)"
        checkError(result.values, expected, terms: reference.terms, plan, label)
        if run.request.statistics {
          checkStatistics(result, problem, plane, label)
        }
      }
    }
  }

  /// Mean and centred squares against float64 over the values the kernel itself wrote.
  private func checkStatistics(
    _ result: ConvolutionRun.DataResult, _ problem: cn_convolution_problem, _ plane: Int,
    _ label: String
  ) {
    for c in 0..<problem.out_channels.int {
      var values: [Double] = []
      for n in 0..<problem.batch.int {
        let start = (n * problem.out_channels.int + c) * plane
        values += result.values[start..<start + plane].map(Double.init)
      }
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let scale = values.reduce(0) { max($0, $1.magnitude) }
      #expect((Double(result.mean[c]) - mean).magnitude <= 1e-5 * scale, "\(label)")
      #expect(
        (Double(result.centredSquares[c]) - squares).magnitude
          <= 1e-5 * (squares + 1e-4 * scale * scale * Double(values.count)), "\(label)")
    }
  }

  @Test(arguments: problems.indices) func backwardDataAgreesWithLoops(index: Int) {
    let problem = Self.problems[index]
    var random = SeededRandom(seed: UInt64(index) + 1000)
    let reference = ConvolutionReference(problem)
    let dy = random.floats(reference.outputCount)
    let weights = random.floats(reference.weightCount)
    let channels = problem.channels.int
    var epilogue = Epilogue()
    if index & 1 != 0 { epilogue.mask = random.floats(reference.inputCount) }
    if index & 2 != 0 { epilogue.residual = random.floats(reference.inputCount) }
    if index & 4 != 0 { epilogue.bias = random.floats(channels) }
    let expected = reference.backwardData(dy: dy, weights: weights).enumerated().map {
      epilogue.apply($1, index: $0, plane: reference.inputPlane, channels: channels)
    }
    for table in availableTables() {
      for algorithm in Self.algorithms {
        let run = ConvolutionRun(table, problem, CN_BACKWARD_DATA, algorithm)
        guard let plan = run.plan() else { continue }
        let result = run.data(plan, source: dy, weights: weights, epilogue: epilogue)
        let label = "\(String(cString: table.pointee.isa)) \(plan.algorithm) \(problem.text)"
        checkError(result.values, expected, terms: reference.terms, plan, label)
      }
    }
  }

  @Test(arguments: problems.indices) func backwardWeightsAgreeWithLoops(index: Int) {
    let problem = Self.problems[index]
    var random = SeededRandom(seed: UInt64(index) + 2000)
    let reference = ConvolutionReference(problem)
    let x = random.floats(reference.inputCount)
    let dy = random.floats(reference.outputCount)
    let weights = reference.backwardWeights(x: x, dy: dy)
    let bias = reference.backwardBias(dy: dy)
    let terms = problem.batch.int * reference.outHeight * reference.outWidth
    for table in availableTables() {
      for algorithm in Self.algorithms {
        let run = ConvolutionRun(table, problem, CN_BACKWARD_WEIGHTS, algorithm)
        guard let plan = run.plan() else { continue }
        let result = run.weightGradient(plan, x: x, dy: dy)
        let label = "\(String(cString: table.pointee.isa)) \(plan.algorithm) \(problem.text)"
        checkError(result.weights, weights, terms: terms, plan, label)
        #expect(worstError(result.bias, bias, terms: terms) <= 1, "\(label)")
      }
    }
  }

  @Test func taskOrderDoesNotMatter() {
    let problem = cn_convolution_problem(n: 3, c: 40, h: 24, o: 70, k: 3, p: 1)
    var random = SeededRandom(seed: 7)
    let reference = ConvolutionReference(problem)
    let x = random.floats(reference.inputCount)
    let dy = random.floats(reference.outputCount)
    let weights = random.floats(reference.weightCount)
    for table in availableTables() {
      for algorithm in Self.algorithms {
        for direction in [CN_FORWARD, CN_BACKWARD_DATA, CN_BACKWARD_WEIGHTS] {
          var results: [[Float]] = []
          for order in TaskOrder.allCases {
            var run = ConvolutionRun(table, problem, direction, algorithm)
            run.order = order
            guard let plan = run.plan() else { continue }
            #expect(plan.tasks.0 > 1)
            if direction == CN_BACKWARD_WEIGHTS {
              results.append(run.weightGradient(plan, x: x, dy: dy).weights)
            } else {
              let source = direction == CN_FORWARD ? x : dy
              results.append(run.data(plan, source: source, weights: weights).values)
            }
          }
          for result in results.dropFirst() { #expect(result == results[0]) }
        }
      }
    }
  }

  @Test func impossibleProblemsAreRefused() throws {
    let good = cn_convolution_problem(c: 4, h: 8, o: 4, k: 3, p: 1)
    func status(_ change: (inout cn_convolution_problem) -> Void) throws -> cn_status {
      var request = cn_convolution_request()
      request.problem = good
      change(&request.problem)
      var plan = cn_convolution_plan()
      let table = try #require(cn_kernels_for("portable"))
      return table.pointee.convolution.pointee.plan(&request, &plan)
    }
    #expect(try status { _ in } == CN_OK)
    #expect(try status { $0.batch = 0 } == CN_INVALID)
    #expect(try status { $0.stride_width = 0 } == CN_INVALID)
    #expect(try status { $0.pad_left = -1 } == CN_INVALID)
    #expect(try status { $0.groups = 3 } == CN_INVALID)
    #expect(try status { $0.kernel_height = 11 } == CN_INVALID)
    #expect(try status { $0.dilation_width = .max } == CN_INVALID)
    #expect(try status { ($0.height, $0.width) = (1 << 20, 1 << 20) } == CN_INVALID)
  }
}

extension ConvolutionReference {
  /// Most products in any one output or input gradient, with room for the epilogue.
  var terms: Int {
    max(problem.channels.int, problem.out_channels.int) * problem.kernel_height.int
      * problem.kernel_width.int + 2
  }
}
