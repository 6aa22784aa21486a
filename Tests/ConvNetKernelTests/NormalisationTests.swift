internal import CConvNetKernels
import Testing

/// Batch norm in float64, from plain arrays.
private struct ReferenceNorm {
  var mean: [Double]
  var variance: [Double]
  var y: [Double]

  init(_ shape: TestShape, x: [Float], gamma: [Float], beta: [Float], residual: [Float], relu: Bool)
  {
    let count = Double(shape.batch * shape.pixels)
    func channel(_ i: Int) -> Int { i / shape.pixels % shape.channels }
    var mean = [Double](repeating: 0, count: shape.channels)
    var variance = mean
    for i in x.indices { mean[channel(i)] += Double(x[i]) / count }
    for i in x.indices {
      let distance = Double(x[i]) - mean[channel(i)]
      variance[channel(i)] += distance * distance / count
    }
    y = x.indices.map { i in
      let c = channel(i)
      let xhat = (Double(x[i]) - mean[c]) / (variance[c] + 1e-5).squareRoot()
      let v = xhat * Double(gamma[c]) + Double(beta[c]) + Double(residual[i])
      return relu ? max(v, 0) : v
    }
    self.mean = mean
    self.variance = variance
  }
}

/// Everything the kernels compute in one training step of a batch norm, in plain order.
private struct NormResults {
  var mean: [Float] = []
  var inverseDeviation: [Float] = []
  var runningMean: [Float] = []
  var runningVariance: [Float] = []
  var y: [Float] = []
  var dgamma: [Float] = []
  var dbeta: [Float] = []
  var dx: [Float] = []
  var dresidual: [Float] = []

  var all: [Float] {
    mean + inverseDeviation + runningMean + runningVariance + y + dgamma + dbeta + dx + dresidual
  }
}

private let normShapes =
  testShapes + [TestShape(9, 5, 4, 4), TestShape(2, 4, 31, 33), TestShape(40, 3, 3, 3)]

@Suite struct NormalisationTests {
  private func run(
    _ table: Table, _ shape: TestShape, x: [Float], dy: [Float], gamma: [Float], beta: [Float],
    residual: [Float]?, relu: Bool, split: Bool
  ) -> NormResults {
    let kernels = table.pointee.normalisation.pointee
    let lanes = table.lanes
    let planes = shape.planes
    let groups = Int(cn_group_count(planes))
    let items = groups * shape.blocks(lanes)
    let partials = Buffer(count: items * 2 * lanes)
    let source = Buffer(shape.blocked(x, lanes))
    let added = residual.map { Buffer(shape.blocked($0, lanes)) }
    let (gammas, betas) = (Buffer(gamma), Buffer(beta))
    let mean = Buffer(count: shape.channels)
    let squares = Buffer(count: shape.channels)
    let deviation = Buffer(count: shape.channels)
    let runningMean = Buffer([Float](repeating: 0.5, count: shape.channels))
    let runningVariance = Buffer([Float](repeating: 2, count: shape.channels))
    let y = Buffer(count: source.count)
    let dgamma = Buffer(count: shape.channels)
    let dbeta = Buffer(count: shape.channels)
    let dx = Buffer(count: source.count)
    let gradient = Buffer(shape.blocked(dy, lanes))

    inPieces(items, split: split) { kernels.statistics(source.base, partials.base, planes, $0, $1) }
    inPieces(shape.blocks(lanes), split: split) {
      kernels.merge_statistics(partials.base, planes, mean.base, squares.base, $0, $1)
    }
    inPieces(shape.channels, split: split) {
      kernels.finish_statistics(
        mean.base, squares.base, planes.batch * planes.pixels, 1e-5, 0.1, deviation.base,
        runningMean.base, runningVariance.base, $0, $1)
    }
    inPieces(shape.planeCount(lanes), split: split) {
      kernels.normalise(
        source.base, mean.base, deviation.base, gammas.base, betas.base, added?.base, relu, y.base,
        planes, $0, $1)
    }
    let arguments = cn_norm_backward(
      x: source.base, dy: gradient.base, y: UnsafePointer(y.base),
      relu: !relu ? CN_NO_RELU : residual == nil ? CN_RELU_RECOMPUTED : CN_RELU_FROM_OUTPUT,
      mean: mean.base, inverse_deviation: deviation.base, gamma: UnsafePointer(gammas.base),
      beta: UnsafePointer(betas.base))
    inPieces(items, split: split) {
      kernels.backward_sums(arguments, partials.base, planes, $0, $1)
    }
    inPieces(shape.blocks(lanes), split: split) {
      kernels.merge_backward(
        partials.base, planes, deviation.base, dgamma.base, dbeta.base, $0, $1)
    }
    inPieces(shape.planeCount(lanes), split: split) {
      // The residual's gradient takes the place of dy.
      kernels.backward_data(
        arguments, dgamma.base, dbeta.base, dx.base, gradient.base, planes, $0, $1)
    }
    for buffer in [partials, mean, squares, deviation, y, dgamma, dbeta, dx, gradient] {
      #expect(buffer.isGuardIntact)
    }
    for buffer in [y, dx, gradient] { #expect(shape.unusedLanesAreZero(buffer.array, lanes)) }
    return NormResults(
      mean: mean.array, inverseDeviation: deviation.array, runningMean: runningMean.array,
      runningVariance: runningVariance.array, y: shape.plain(y.array, lanes),
      dgamma: dgamma.array, dbeta: dbeta.array, dx: shape.plain(dx.array, lanes),
      dresidual: shape.plain(gradient.array, lanes))
  }

  @Test(arguments: normShapes, [false, true])
  func trainingStep(shape: TestShape, relu: Bool) {
    guard shape.batch * shape.pixels > 1 else { return }
    for withResidual in [false, true] {
      var random = SeededRandom(seed: 1)
      let x = random.floats(shape.count, in: -1...3)
      let dy = random.floats(shape.count)
      let gamma = random.floats(shape.channels)
      let beta = random.floats(shape.channels)
      let residual = withResidual ? random.floats(shape.count) : nil
      let expected = ReferenceNorm(
        shape, x: x, gamma: gamma, beta: beta,
        residual: residual ?? [Float](repeating: 0, count: x.count), relu: relu)
      let n = Double(shape.batch * shape.pixels)
      func channel(_ i: Int) -> Int { i / shape.pixels % shape.channels }

      var first: [Float] = []
      for table in availableTables() {
        let actual = run(
          table, shape, x: x, dy: dy, gamma: gamma, beta: beta, residual: residual, relu: relu,
          split: false)
        let inParts = run(
          table, shape, x: x, dy: dy, gamma: gamma, beta: beta, residual: residual, relu: relu,
          split: true)
        expectSameBits(inParts.all, actual.all, "\(table.name) in pieces")
        if first.isEmpty { first = actual.all }
        expectSameBits(actual.all, first, "\(table.name) against the best instruction set")

        let name = table.name
        expectClose(actual.mean, expected.mean, "\(name) mean")
        expectClose(
          actual.inverseDeviation, expected.variance.map { 1 / ($0 + 1e-5).squareRoot() },
          "\(name) deviation")
        expectClose(
          actual.runningMean, expected.mean.map { 0.9 * 0.5 + 0.1 * $0 }, "\(name) running mean")
        expectClose(
          actual.runningVariance, expected.variance.map { 0.9 * 2 + 0.1 * $0 * n / (n - 1) },
          "\(name) running variance")
        expectClose(actual.y, expected.y, relative: 2e-6, absolute: 3e-6, "\(name) y")

        // The gradient in float64, with the ReLU's mask as the forward pass decided it.
        var dgamma = [Double](repeating: 0, count: shape.channels)
        var dbeta = dgamma
        let deviation = expected.variance.map { 1 / ($0 + 1e-5).squareRoot() }
        let g = x.indices.map { relu && actual.y[$0] <= 0 ? 0 : Double(dy[$0]) }
        func xhat(_ i: Int) -> Double {
          (Double(x[i]) - expected.mean[channel(i)]) * deviation[channel(i)]
        }
        for i in x.indices {
          dbeta[channel(i)] += g[i]
          dgamma[channel(i)] += g[i] * xhat(i)
        }
        let dx = x.indices.map { i in
          let c = channel(i)
          return Double(gamma[c]) * deviation[c] * (g[i] - dbeta[c] / n - xhat(i) * dgamma[c] / n)
        }
        expectClose(actual.dbeta, dbeta, relative: 2e-6, absolute: 5e-5, "\(name) dbeta")
        expectClose(actual.dgamma, dgamma, relative: 2e-6, absolute: 5e-5, "\(name) dgamma")
        expectClose(actual.dx, dx, relative: 5e-6, absolute: 5e-6, "\(name) dx")
        expectClose(actual.dresidual, g, relative: 0, absolute: 0, "\(name) dresidual")
      }
    }
  }

  /// A mean a million times the deviation: squares minus squared mean would leave nothing.
  @Test func varianceDoesNotCancel() {
    let shape = TestShape(3, 5, 23, 29)
    var random = SeededRandom(seed: 2)
    let x = random.floats(shape.count).map { 1e4 + ($0 * 128).rounded() / 8192 }
    let zeros = [Float](repeating: 0, count: shape.count)
    let ones = [Float](repeating: 1, count: shape.channels)
    let expected = ReferenceNorm(
      shape, x: x, gamma: ones, beta: zeros, residual: zeros, relu: false)
    for table in availableTables() {
      let actual = run(
        table, shape, x: x, dy: zeros, gamma: ones, beta: zeros, residual: nil, relu: false,
        split: true)
      expectClose(
        actual.inverseDeviation, expected.variance.map { 1 / ($0 + 1e-5).squareRoot() },
        relative: 3e-3, table.name)
      expectClose(actual.mean, expected.mean, relative: 2e-7, absolute: 0, table.name)
    }
  }

  @Test func frozenStatisticsAndNoParameters() {
    let shape = TestShape(2, 19, 3, 5)
    var random = SeededRandom(seed: 4)
    let x = random.floats(shape.count)
    let dy = random.floats(shape.count)
    let mean = random.floats(shape.channels)
    let deviation = random.floats(shape.channels, in: 0.5...2)
    func channel(_ i: Int) -> Int { i / shape.pixels % shape.channels }
    for table in availableTables() {
      let kernels = table.pointee.normalisation.pointee
      let source = Buffer(shape.blocked(x, table.lanes))
      let dx = Buffer(shape.blocked(dy, table.lanes))
      let y = Buffer(count: source.count)
      let (means, deviations) = (Buffer(mean), Buffer(deviation))
      let arguments = cn_norm_backward(
        x: source.base, dy: dx.base, y: nil, relu: CN_NO_RELU, mean: means.base,
        inverse_deviation: deviations.base, gamma: nil, beta: nil)
      inPieces(shape.planeCount(table.lanes), split: true) {
        kernels.normalise(
          source.base, means.base, deviations.base, nil, nil, nil, false, y.base, shape.planes, $0,
          $1)
        kernels.backward_data(arguments, nil, nil, dx.base, nil, shape.planes, $0, $1)
      }
      expectClose(
        shape.plain(y.array, table.lanes),
        x.indices.map {
          (Double(x[$0]) - Double(mean[channel($0)])) * Double(deviation[channel($0)])
        }, table.name)
      expectClose(
        shape.plain(dx.array, table.lanes),
        x.indices.map { Double(dy[$0]) * Double(deviation[channel($0)]) }, table.name)
      #expect(shape.unusedLanesAreZero(y.array, table.lanes))
      #expect(shape.unusedLanesAreZero(dx.array, table.lanes))
    }
  }
}
