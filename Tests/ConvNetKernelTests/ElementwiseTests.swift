internal import CConvNetKernels
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An activation with its float64 definition and derivative (of x).
struct ActivationCase: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var kind: UInt32
  var alpha: Float = 0
  var beta: Float = 0
  var savesOutput: Bool
  var value: @Sendable (Double) -> Double
  var slope: @Sendable (Double) -> Double

  var activation: cn_activation {
    cn_activation(kind: cn_activation_kind(kind), alpha: alpha, beta: beta)
  }
}

private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
private func gaussianIntegral(_ x: Double) -> Double { 0.5 * (1 + erf(x / 2.0.squareRoot())) }
private func gaussian(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }
private func geluTanhArgument(_ x: Double) -> Double {
  (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
}

let activationCases: [ActivationCase] = [
  ActivationCase(
    testDescription: "relu", kind: CN_RELU.rawValue, savesOutput: true,
    value: { $0 < 0 ? 0 : $0 }, slope: { $0 <= 0 ? 0 : 1 }),
  ActivationCase(
    testDescription: "leaky relu", kind: CN_LEAKY_RELU.rawValue, alpha: 0.125, savesOutput: true,
    value: { $0 > 0 ? $0 : 0.125 * $0 }, slope: { $0 > 0 ? 1 : 0.125 }),
  ActivationCase(
    testDescription: "leaky relu, negative slope", kind: CN_LEAKY_RELU.rawValue, alpha: -0.5,
    savesOutput: false, value: { $0 > 0 ? $0 : -0.5 * $0 }, slope: { $0 > 0 ? 1 : -0.5 }),
  ActivationCase(
    testDescription: "clamp", kind: CN_CLAMP.rawValue, alpha: 0, beta: 6, savesOutput: true,
    value: { $0.isNaN ? $0 : min(max($0, 0), 6) }, slope: { $0 <= 0 || $0 >= 6 ? 0 : 1 }),
  ActivationCase(
    testDescription: "clamp above zero", kind: CN_CLAMP.rawValue, alpha: 0.5, beta: 1.5,
    savesOutput: true, value: { $0.isNaN ? $0 : min(max($0, 0.5), 1.5) },
    slope: { $0 <= 0.5 || $0 >= 1.5 ? 0 : 1 }),
  ActivationCase(
    testDescription: "sigmoid", kind: CN_SIGMOID.rawValue, savesOutput: true, value: sigmoid,
    slope: { sigmoid($0) * (1 - sigmoid($0)) }),
  ActivationCase(
    testDescription: "tanh", kind: CN_TANH.rawValue, savesOutput: true, value: { tanh($0) },
    slope: { 1 - tanh($0) * tanh($0) }),
  ActivationCase(
    testDescription: "silu", kind: CN_SILU.rawValue, savesOutput: false,
    value: { $0 / (1 + exp(-$0)) }, slope: { sigmoid($0) * (1 + $0 * (1 - sigmoid($0))) }),
  ActivationCase(
    testDescription: "hard sigmoid", kind: CN_HARD_SIGMOID.rawValue, savesOutput: true,
    value: { $0.isNaN ? $0 : min(max($0 + 3, 0), 6) / 6 },
    slope: { $0 > -3 && $0 < 3 ? 1.0 / 6 : 0 }),
  ActivationCase(
    testDescription: "hard swish", kind: CN_HARD_SWISH.rawValue, savesOutput: false,
    value: { $0.isNaN ? $0 : $0 * min(max($0 + 3, 0), 6) / 6 },
    slope: { $0 <= -3 ? 0 : $0 < 3 ? $0 / 3 + 0.5 : 1 }),
  ActivationCase(
    testDescription: "gelu", kind: CN_GELU.rawValue, savesOutput: false,
    value: { $0 * gaussianIntegral($0) }, slope: { gaussianIntegral($0) + $0 * gaussian($0) }),
  ActivationCase(
    testDescription: "gelu, tanh form", kind: CN_GELU_TANH.rawValue, savesOutput: false,
    value: { 0.5 * $0 * (1 + tanh(geluTanhArgument($0))) },
    slope: {
      let t = tanh(geluTanhArgument($0))
      let inner = (2 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * $0 * $0)
      return 0.5 * (1 + t) + 0.5 * $0 * (1 - t * t) * inner
    }),
  ActivationCase(
    testDescription: "elu", kind: CN_ELU.rawValue, alpha: 1.5, savesOutput: false,
    value: { $0 > 0 ? $0 : 1.5 * expm1($0) }, slope: { $0 > 0 ? 1 : 1.5 * exp($0) }),
  ActivationCase(
    testDescription: "softplus", kind: CN_SOFTPLUS.rawValue, alpha: 2, beta: 20,
    savesOutput: false, value: { 2 * $0 > 20 ? $0 : log1p(exp(2 * $0)) / 2 },
    slope: { 2 * $0 > 20 ? 1 : sigmoid(2 * $0) }),
  ActivationCase(
    testDescription: "exp", kind: CN_EXP.rawValue, savesOutput: true, value: { exp($0) },
    slope: { exp($0) }),
  ActivationCase(
    testDescription: "log", kind: CN_LOG.rawValue, savesOutput: false, value: { log($0) },
    slope: { 1 / $0 }),
  ActivationCase(
    testDescription: "sqrt", kind: CN_SQRT.rawValue, savesOutput: true,
    value: { $0.squareRoot() }, slope: { 0.5 / $0.squareRoot() }),
  ActivationCase(
    testDescription: "abs", kind: CN_ABS.rawValue, savesOutput: false, value: { abs($0) },
    slope: { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }),
  ActivationCase(
    testDescription: "erf", kind: CN_ERF.rawValue, savesOutput: false, value: { erf($0) },
    slope: { 2 / Double.pi.squareRoot() * exp(-$0 * $0) }),
]

@Suite struct ActivationTests {
  @Test(arguments: activationCases) func forwardAndBackward(function: ActivationCase) {
    var random = SeededRandom(seed: 1)
    let x = random.floats(203, in: -8...8) + [0, -0.0, 3, -3, 6, 1e-30, -1e-30, 40, -40]
    let dy = random.floats(x.count)
    var firstForward: [Float] = []
    var firstBackward: [Float] = []
    for table in availableTables() {
      let kernels = table.pointee.elementwise.pointee
      // Uneven pieces at unaligned addresses give the same bits as one run, also in place.
      let source = Buffer(x)
      let whole = Buffer<Float>(count: x.count)
      kernels.activation(function.activation, source.base, whole.base, Int64(x.count))
      let pieces = Buffer(x)
      for start in stride(from: 0, to: x.count, by: 13) {
        kernels.activation(
          function.activation, pieces.base + start, pieces.base + start,
          Int64(min(13, x.count - start)))
      }
      #expect(whole.isGuardIntact && pieces.isGuardIntact)
      expectSameBits(pieces.array, whole.array, "\(table.name) in place, in pieces")
      expectClose(
        whole.array, x.map { function.value(Double($0)) }, relative: 4e-7, absolute: 4e-7,
        "\(table.name) forward")

      let saved = function.savesOutput ? whole : source
      let gradient = Buffer(dy)
      kernels.activation_backward(
        function.activation, saved.base, gradient.base, gradient.base, Int64(x.count))
      let expected = zip(x, dy).map { function.slope(Double($0)) * Double($1) }
      expectClose(
        gradient.array, expected, relative: 1e-6, absolute: 1e-6, "\(table.name) backward")

      if firstForward.isEmpty {
        firstForward = whole.array
        firstBackward = gradient.array
      }
      expectSameBits(whole.array, firstForward, "\(table.name) against the best instruction set")
      expectSameBits(gradient.array, firstBackward, "\(table.name) backward")
    }
  }

  @Test(arguments: activationCases) func propagatesNaNAndInfinity(function: ActivationCase) {
    let x: [Float] = [.nan, .infinity, -.infinity, 1000, -1000]
    for table in availableTables() {
      let y = Buffer<Float>(count: x.count)
      table.pointee.elementwise.pointee.activation(
        function.activation, Buffer(x).base, y.base, Int64(x.count))
      expectClose(y.array, x.map { value(function, at: $0) }, table.name)
    }
  }

  /// The float64 value; exp overflows at the float32 limit.
  private func value(_ function: ActivationCase, at x: Float) -> Double {
    Double(Float(function.value(Double(x))))
  }

  @Test(arguments: activationCases) func keepsUnusedLanesZero(function: ActivationCase) {
    for shape in testShapes {
      var random = SeededRandom(seed: 2)
      let x = random.floats(shape.count)
      for table in availableTables() {
        let source = Buffer(shape.blocked(x, table.lanes))
        let y = Buffer<Float>(count: source.count)
        inPieces(shape.planeCount(table.lanes), split: true) {
          table.pointee.elementwise.pointee.activation_planes(
            function.activation, source.base, y.base, shape.planes, $0, $1)
        }
        #expect(shape.unusedLanesAreZero(y.array, table.lanes))
        expectClose(
          shape.plain(y.array, table.lanes), x.map { function.value(Double($0)) }, table.name)

        let saved = function.savesOutput ? y : source
        let dx = Buffer(count: source.count)
        inPieces(shape.planeCount(table.lanes), split: true) {
          table.pointee.elementwise.pointee.activation_backward_planes(
            function.activation, saved.base, source.base, dx.base, shape.planes, $0, $1)
        }
        #expect(shape.unusedLanesAreZero(dx.array, table.lanes))
        expectClose(
          shape.plain(dx.array, table.lanes),
          x.map { function.slope(Double($0)) * Double($0) }, "\(table.name) backward")
      }
    }
  }

  /// Every 977th float of all 2^32, so that each exponent and sign is met many times.
  @Test(arguments: [
    CN_EXP.rawValue, CN_TANH.rawValue, CN_SIGMOID.rawValue, CN_ELU.rawValue, CN_LOG.rawValue,
    CN_ERF.rawValue,
  ])
  func unitsInTheLastPlace(kind: UInt32) {
    let f = cn_activation(kind: cn_activation_kind(kind), alpha: 1, beta: 0)
    let (bound, value): (Double, @Sendable (Double) -> Double) =
      switch kind {
      case CN_EXP.rawValue: (1.5, { exp($0) })
      case CN_TANH.rawValue: (2, { tanh($0) })
      case CN_SIGMOID.rawValue: (3, sigmoid)
      case CN_LOG.rawValue: (1.5, { log($0) })
      case CN_ERF.rawValue: (2, { erf($0) })
      default: (1.5, { $0 > 0 ? $0 : expm1($0) })
      }
    let table = availableTables()[0]
    var worst = 0.0
    var worstAt: Float = 0
    let chunk = 1 << 16
    let x = Buffer<Float>(count: chunk)
    let y = Buffer<Float>(count: chunk)
    for start in stride(from: 0, to: 1 << 32, by: chunk * 977) {
      for i in 0..<chunk {
        x.base[i] = Float(bitPattern: UInt32(truncatingIfNeeded: start + i * 977))
      }
      table.pointee.elementwise.pointee.activation(f, x.base, y.base, Int64(chunk))
      for i in 0..<chunk where !x.base[i].isNaN {
        let expected = value(Double(x.base[i]))
        // 1 / (1 + exp(-x)) is 0 where exp(-x) is infinite, as in PyTorch.
        if kind == CN_SIGMOID.rawValue && x.base[i] < -87 { continue }
        let rounded = Float(expected)
        if rounded.isNaN {
          #expect(y.base[i].isNaN)
          continue
        }
        if rounded.isInfinite {
          #expect(y.base[i] == rounded || y.base[i] == .greatestFiniteMagnitude)
          continue
        }
        let unit = max(Double(rounded.ulp), Double(Float.leastNonzeroMagnitude))
        let error = abs(Double(y.base[i]) - expected) / unit
        if error > worst { (worst, worstAt) = (error, x.base[i]) }
      }
    }
    #expect(worst <= bound, "\(worst) ulp at \(worstAt)")
  }
}

@Suite struct ElementwiseTests {
  @Test func binary() {
    let kinds: [(cn_binary_kind, (Double, Double) -> Double)] = [
      (CN_ADD, { $0 + $1 }), (CN_SUBTRACT, { $0 - $1 }), (CN_MULTIPLY, { $0 * $1 }),
      (CN_DIVIDE, { $0 / $1 }),
      (CN_ADD_RELU, { ($0 + $1).isNaN ? .nan : max($0 + $1, 0) }),
    ]
    for shape in testShapes {
      var random = SeededRandom(seed: 3)
      let a = random.floats(shape.count)
      var b = random.floats(shape.count)
      if b.count > 3 { b[3] = .nan }
      for table in availableTables() {
        let kernels = table.pointee.elementwise.pointee
        for (kind, function) in kinds {
          let expected = zip(a, b).map { function(Double($0), Double($1)) }
          let flat = Buffer<Float>(count: a.count)
          kernels.binary(kind, Buffer(a).base, Buffer(b).base, flat.base, Int64(a.count))
          expectClose(flat.array, expected, table.name)
          #expect(flat.isGuardIntact)

          let inPlace = Buffer(shape.blocked(a, table.lanes))
          let other = Buffer(shape.blocked(b, table.lanes))
          inPieces(shape.planeCount(table.lanes), split: true) {
            kernels.binary_planes(
              kind, inPlace.base, other.base, inPlace.base, shape.planes, $0, $1)
          }
          expectSameBits(shape.plain(inPlace.array, table.lanes), flat.array, table.name)
          #expect(shape.unusedLanesAreZero(inPlace.array, table.lanes))
        }
      }
    }
  }

  @Test(arguments: [1, 5, 16, 67]) func flatKernels(count: Int) {
    var random = SeededRandom(seed: 4)
    let a = random.floats(count)
    let b = random.floats(count, in: 0.5...2)
    let y = random.floats(count)
    let n = Int64(count)
    for table in availableTables() {
      let kernels = table.pointee.elementwise.pointee
      func run(_ initial: [Float], _ body: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
        let result = Buffer(initial)
        body(result.base)
        #expect(result.isGuardIntact)
        return result.array
      }
      expectClose(
        run(a) { kernels.scale_shift($0, 3, -1, $0, n) }, a.map { Double($0) * 3 - 1 }, table.name)
      expectClose(
        run(y) { kernels.accumulate(Buffer(a).base, 0.5, $0, n) },
        zip(y, a).map { Double($0) + 0.5 * Double($1) }, table.name)
      expectClose(
        run(y) { kernels.multiply_accumulate(Buffer(a).base, Buffer(b).base, $0, n) },
        (0..<count).map { Double(y[$0]) + Double(a[$0]) * Double(b[$0]) }, table.name)
      expectClose(
        run(y) { kernels.divide_backward(Buffer(a).base, Buffer(y).base, Buffer(b).base, $0, n) },
        (0..<count).map { -Double(a[$0]) * Double(y[$0]) / Double(b[$0]) }, table.name)
    }
  }

  @Test(arguments: testShapes) func channelAffine(shape: TestShape) {
    var random = SeededRandom(seed: 5)
    let x = random.floats(shape.count)
    let residual = random.floats(shape.count)
    let scale = random.floats(shape.channels)
    let shift = random.floats(shape.channels)
    for table in availableTables() {
      for options in 0..<16 {
        let (withScale, withShift) = (options & 1 != 0, options & 2 != 0)
        let (withResidual, relu) = (options & 4 != 0, options & 8 != 0)
        let scales = Buffer(scale)
        let shifts = Buffer(shift)
        let residuals = Buffer(shape.blocked(residual, table.lanes))
        let y = Buffer(shape.blocked(x, table.lanes))
        inPieces(shape.planeCount(table.lanes), split: true) {
          table.pointee.elementwise.pointee.channel_affine(
            y.base, withScale ? scales.base : nil, withShift ? shifts.base : nil,
            withResidual ? residuals.base : nil, relu, y.base, shape.planes, $0, $1)
        }
        let expected = x.indices.map { i in
          let c = i / shape.pixels % shape.channels
          var v = Double(x[i]) * (withScale ? Double(scale[c]) : 1)
          v += withShift ? Double(shift[c]) : 0
          v += withResidual ? Double(residual[i]) : 0
          return relu ? max(v, 0) : v
        }
        expectClose(shape.plain(y.array, table.lanes), expected, "\(table.name) \(options)")
        #expect(shape.unusedLanesAreZero(y.array, table.lanes))
      }
    }
  }

  @Test(arguments: testShapes) func gate(shape: TestShape) {
    var random = SeededRandom(seed: 6)
    let x = random.floats(shape.count)
    let dy = random.floats(shape.count)
    let onePixel = TestShape(shape.batch, shape.channels, 1, 1)
    let gate = random.floats(onePixel.count)
    var dgate = [Double](repeating: 0, count: gate.count)
    for i in x.indices { dgate[i / shape.pixels] += Double(x[i]) * Double(dy[i]) }
    var first: [Float] = []
    for table in availableTables() {
      let kernels = table.pointee.elementwise.pointee
      let source = Buffer(shape.blocked(x, table.lanes))
      let gates = Buffer(onePixel.blocked(gate, table.lanes))
      let y = Buffer<Float>(count: source.count)
      let dx = Buffer(shape.blocked(dy, table.lanes))
      let sums = Buffer<Float>(count: gates.count)
      inPieces(shape.planeCount(table.lanes), split: true) {
        kernels.gate(source.base, gates.base, y.base, shape.planes, $0, $1)
        kernels.gate_backward(
          source.base, gates.base, dx.base, dx.base, sums.base, shape.planes, $0, $1)
      }
      expectClose(
        shape.plain(y.array, table.lanes),
        x.indices.map { Double(x[$0]) * Double(gate[$0 / shape.pixels]) }, table.name)
      expectClose(
        shape.plain(dx.array, table.lanes),
        x.indices.map { Double(dy[$0]) * Double(gate[$0 / shape.pixels]) }, table.name)
      let plainSums = onePixel.plain(sums.array, table.lanes)
      expectClose(plainSums, dgate, absolute: 1e-5, table.name)
      #expect(shape.unusedLanesAreZero(y.array, table.lanes))
      #expect(shape.unusedLanesAreZero(dx.array, table.lanes))
      #expect(onePixel.unusedLanesAreZero(sums.array, table.lanes))
      if first.isEmpty { first = plainSums }
      expectSameBits(plainSums, first, "\(table.name) against the best instruction set")
    }
  }

  @Test(arguments: testShapes) func prelu(shape: TestShape) {
    var random = SeededRandom(seed: 7)
    let x = random.floats(shape.count)
    let dy = random.floats(shape.count)
    let slope = random.floats(shape.channels)
    func channel(_ i: Int) -> Int { i / shape.pixels % shape.channels }
    var dslope = [Double](repeating: 0, count: shape.channels)
    for i in x.indices where x[i] <= 0 { dslope[channel(i)] += Double(x[i]) * Double(dy[i]) }
    for table in availableTables() {
      let kernels = table.pointee.elementwise.pointee
      let source = Buffer(shape.blocked(x, table.lanes))
      let slopes = Buffer(slope)
      let y = Buffer<Float>(count: source.count)
      let dx = Buffer(shape.blocked(dy, table.lanes))
      let sums = Buffer<Float>(count: shape.planeCount(table.lanes) * table.lanes)
      let total = Buffer<Float>(count: shape.channels)
      inPieces(shape.planeCount(table.lanes), split: true) {
        kernels.prelu(source.base, slopes.base, y.base, shape.planes, $0, $1)
        kernels.prelu_backward(
          source.base, slopes.base, dx.base, dx.base, sums.base, shape.planes, $0, $1)
      }
      inPieces(shape.blocks(table.lanes), split: true) {
        kernels.sum_planes_over_batch(
          sums.base, total.base, Int64(shape.batch), Int64(shape.channels), $0, $1)
      }
      expectClose(
        shape.plain(y.array, table.lanes),
        x.indices.map { Double(x[$0]) * (x[$0] > 0 ? 1 : Double(slope[channel($0)])) }, table.name)
      expectClose(
        shape.plain(dx.array, table.lanes),
        x.indices.map { Double(dy[$0]) * (x[$0] > 0 ? 1 : Double(slope[channel($0)])) },
        table.name)
      expectClose(total.array, dslope, absolute: 1e-5, table.name)
      #expect(total.isGuardIntact)
      #expect(shape.unusedLanesAreZero(y.array, table.lanes))
      #expect(shape.unusedLanesAreZero(dx.array, table.lanes))
    }
  }

  @Test(arguments: testShapes + [TestShape(2, 5, 40, 41)]) func channelSums(shape: TestShape) {
    var random = SeededRandom(seed: 8)
    let x = random.floats(shape.count)
    var expected = [Double](repeating: 0, count: shape.channels)
    for i in x.indices { expected[i / shape.pixels % shape.channels] += Double(x[i]) }
    var first: [Float] = []
    for table in availableTables() {
      let kernels = table.pointee.elementwise.pointee
      let source = Buffer(shape.blocked(x, table.lanes))
      let sums = Buffer<Float>(count: shape.planeCount(table.lanes) * table.lanes)
      let total = Buffer<Float>(count: shape.channels)
      inPieces(shape.planeCount(table.lanes), split: true) {
        kernels.plane_sums(source.base, sums.base, shape.planes, $0, $1)
      }
      kernels.sum_planes_over_batch(
        sums.base, total.base, Int64(shape.batch), Int64(shape.channels), 0,
        Int64(shape.blocks(table.lanes)))
      expectClose(total.array, expected, absolute: 1e-4, table.name)
      if first.isEmpty { first = total.array }
      expectSameBits(total.array, first, "\(table.name) against the best instruction set")
    }
  }
}
