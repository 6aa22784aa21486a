internal import CConvNetKernels
import Testing

@Suite struct OptimizerTests {
  private let count = 61

  /// Runs `steps` updates in pieces on every instruction set; the last result of each must be the
  /// same bits, and near `expected`.
  private func check(
    _ moments: Int, _ expected: [[Double]], steps: Int = 3,
    _ update: (
      cn_optimizer_kernels, _ step: Int, _ parameter: UnsafeMutablePointer<Float>,
      _ gradient: UnsafePointer<Float>, _ moments: [UnsafeMutablePointer<Float>], Int64
    ) -> Void
  ) {
    var first: [Float] = []
    for table in availableTables() {
      let buffers =
        [Buffer(start)]
        + (0..<moments).map { _ in Buffer([Float](repeating: 0, count: count)) }
      for step in 1...steps {
        let gradient = Buffer(gradients(step))
        for piece in stride(from: 0, to: count, by: 23) {
          update(
            table.pointee.optimizer.pointee, step, buffers[0].base + piece, gradient.base + piece,
            buffers[1...].map { $0.base + piece }, Int64(min(23, count - piece)))
        }
      }
      let all = buffers.flatMap(\.array)
      expectClose(all, expected.flatMap { $0 }, relative: 2e-6, absolute: 1e-6, table.name)
      for buffer in buffers { #expect(buffer.isGuardIntact) }
      if first.isEmpty { first = all }
      expectSameBits(all, first, "\(table.name) against the best instruction set")
    }
  }

  private var start: [Float] {
    var random = SeededRandom(seed: 1)
    return random.floats(count)
  }

  private func gradients(_ step: Int) -> [Float] {
    var random = SeededRandom(seed: UInt64(step) + 10)
    return random.floats(count)
  }

  @Test(arguments: [false, true], [Float(0), 0.01]) func sgd(nesterov: Bool, decay: Float) {
    let rule = cn_sgd(
      rate: 0.1, momentum: 0.9, gradient_share: 1, weight_decay: decay, gradient_scale: 0.5,
      nesterov: nesterov)
    var p = start.map(Double.init)
    var v = [Double](repeating: 0, count: count)
    for step in 1...3 {
      for (i, gradient) in gradients(step).enumerated() {
        let g = 0.5 * Double(gradient) + Double(decay) * p[i]
        v[i] = 0.9 * v[i] + g
        p[i] -= 0.1 * (nesterov ? g + 0.9 * v[i] : v[i])
      }
    }
    check(1, [p, v]) { kernels, _, parameter, gradient, moments, count in
      kernels.sgd(rule, parameter, gradient, moments[0], count)
    }
  }

  @Test func sgdWithoutMomentum() {
    let rule = cn_sgd(
      rate: 0.1, momentum: 0, gradient_share: 1, weight_decay: 0.02, gradient_scale: 1,
      nesterov: false)
    var p = start.map(Double.init)
    for step in 1...3 {
      for (i, g) in gradients(step).enumerated() { p[i] -= 0.1 * (Double(g) + 0.02 * p[i]) }
    }
    check(0, [p]) { kernels, _, parameter, gradient, _, count in
      kernels.sgd(rule, parameter, gradient, nil, count)
    }
  }

  @Test(arguments: [false, true]) func adam(decoupled: Bool) {
    let (rate, beta1, beta2, epsilon, decay) = (1e-2, 0.9, 0.999, 1e-8, 0.05)
    var p = start.map(Double.init)
    var m = [Double](repeating: 0, count: count)
    var v = m
    var corrections: [(Double, Double)] = [(1, 1)]
    for step in 1...3 {
      let (one, two) = (
        1 - (1...step).reduce(1.0) { r, _ in r * beta1 },
        1 - (1...step).reduce(1.0) { r, _ in r * beta2 }
      )
      corrections.append((one, two))
      for (i, gradient) in gradients(step).enumerated() {
        if decoupled { p[i] *= 1 - rate * decay }
        let g = Double(gradient) + (decoupled ? 0 : decay * p[i])
        m[i] = beta1 * m[i] + (1 - beta1) * g
        v[i] = beta2 * v[i] + (1 - beta2) * g * g
        p[i] -= rate * (m[i] / one) / ((v[i] / two).squareRoot() + epsilon)
      }
    }
    check(2, [p, m, v]) { kernels, step, parameter, gradient, moments, count in
      let rule = cn_adam(
        rate: Float(rate / corrections[step].0), one_minus_beta1: Float(1 - beta1),
        beta2: Float(beta2), one_minus_beta2: Float(1 - beta2),
        root_correction: Float(corrections[step].1.squareRoot()), epsilon: Float(epsilon),
        weight_decay: decoupled ? 0 : Float(decay), keep: decoupled ? Float(1 - rate * decay) : 1,
        gradient_scale: 1)
      kernels.adam(rule, parameter, gradient, moments[0], moments[1], count)
    }
  }

  @Test(arguments: [false, true], [false, true]) func rmsprop(centered: Bool, momentum: Bool) {
    let rule = cn_rmsprop(
      rate: 0.01, alpha: 0.9, one_minus_alpha: 0.1, epsilon: 1e-3, weight_decay: 0.1,
      momentum: 0.5, gradient_scale: 2)
    var p = start.map(Double.init)
    var (s, a) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
    var v = s
    for step in 1...3 {
      for (i, gradient) in gradients(step).enumerated() {
        let g = 2 * Double(gradient) + 0.1 * p[i]
        s[i] = 0.9 * s[i] + 0.1 * g * g
        a[i] = 0.9 * a[i] + 0.1 * g
        let spread = centered ? s[i] - a[i] * a[i] : s[i]
        let change = g / (spread.squareRoot() + 1e-3)
        v[i] = 0.5 * v[i] + change
        p[i] -= 0.01 * (momentum ? v[i] : change)
      }
    }
    check(
      1 + (centered ? 1 : 0) + (momentum ? 1 : 0),
      [p, s] + (centered ? [a] : []) + (momentum ? [v] : [])
    ) { kernels, _, parameter, gradient, moments, count in
      kernels.rmsprop(
        rule, parameter, gradient, moments[0], centered ? moments[1] : nil,
        momentum ? moments.last : nil, count)
    }
  }
}

@Suite struct ReductionTests {
  @Test(arguments: [0, 1, 15, 16, 8191, 8192, 8193, 50_001]) func sums(count: Int) {
    var random = SeededRandom(seed: 3)
    let a = random.floats(count, in: -3...5)
    let b = random.floats(count, in: -3...5)
    let kinds: [(cn_reduction_kind, Bool, (Double, Double) -> Double)] = [
      (CN_SUM, false, { x, _ in x }), (CN_SUM_OF_SQUARES, false, { x, _ in x * x }),
      (CN_SUM_OF_SQUARED_DIFFERENCES, true, { ($0 - $1) * ($0 - $1) }),
      (CN_SUM_OF_ABSOLUTE_DIFFERENCES, true, { abs($0 - $1) }),
    ]
    for (kind, hasSecond, term) in kinds {
      let expected = zip(a, b).reduce(0) { $0 + term(Double($1.0), Double($1.1)) }
      var first: Double?
      for table in availableTables() {
        let kernels = table.pointee.reduction.pointee
        let grains = Int(cn_grain_count(Int64(count)))
        let partials = Buffer<Double>(count: grains, repeating: .nan)
        let (x, y) = (Buffer(a), Buffer(b))
        inPieces(grains, split: true) {
          kernels.partial_sums(
            kind, x.base, hasSecond ? y.base : nil, Int64(count), partials.base, $0, $1)
        }
        let sum = kernels.merge_partials(partials.base, Int64(grains))
        #expect(abs(sum - expected) <= 1e-11 * max(1, abs(expected)), "\(table.name) \(count)")
        #expect(partials.isGuardIntact)
        #expect(sum == first ?? sum, "\(table.name) against the best instruction set")
        first = first ?? sum
      }
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity]) func findsWhatIsNotFinite(value: Float) {
    for table in availableTables() {
      let kernels = table.pointee.reduction.pointee
      for place in [0, 3, 63, 64, 100, 130] {
        var x = [Float](repeating: .greatestFiniteMagnitude, count: 131)
        #expect(kernels.all_finite(Buffer(x).base, 131))
        x[place] = value
        #expect(!kernels.all_finite(Buffer(x).base, 131), "\(table.name) \(place)")
      }
    }
  }

  @Test func scaledDifference() {
    var random = SeededRandom(seed: 4)
    let (x, target) = (random.floats(37), random.floats(37))
    for table in availableTables() {
      let dx = Buffer(x)
      table.pointee.reduction.pointee.scaled_difference(
        dx.base, Buffer(target).base, 0.5, dx.base, 37)
      expectClose(
        dx.array, zip(x, target).map { (Double($0) - Double($1)) * 0.5 }, table.name)
      #expect(dx.isGuardIntact)
    }
  }
}
