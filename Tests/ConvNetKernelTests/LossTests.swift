internal import CConvNetKernels
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Rows of a matrix in float64.
private func rows(_ x: [Float], _ columns: Int) -> [[Double]] {
  stride(from: 0, to: x.count, by: columns).map { x[$0..<$0 + columns].map(Double.init) }
}

private func softmax(_ row: [Double]) -> [Double] {
  let largest = row.max() ?? 0
  let exponentials = row.map { exp($0 - largest) }
  let sum = exponentials.reduce(0, +)
  return exponentials.map { $0 / sum }
}

@Suite struct LossTests {
  @Test(arguments: [1, 2, 10, 16, 17, 100, 1000], [1, 5]) func softmaxes(columns: Int, count: Int) {
    var random = SeededRandom(seed: 1)
    let x = random.floats(count * columns, in: -9...9)
    let dy = random.floats(count * columns)
    let shares = rows(x, columns).map(softmax)
    let gradients = zip(shares, rows(dy, columns)).flatMap { y, g in
      let sum = zip(y, g).reduce(0) { $0 + $1.0 * $1.1 }
      return zip(y, g).map { $0 * ($1 - sum) }
    }
    let logGradients = zip(shares, rows(dy, columns)).flatMap { y, g in
      zip(y, g).map { $1 - $0 * g.reduce(0, +) }
    }
    var first: [Float] = []
    for table in availableTables() {
      let kernels = table.pointee.loss.pointee
      let (y, dx) = (Buffer(x), Buffer(dy))
      let (logY, logDx) = (Buffer(x), Buffer(dy))
      inPieces(count, split: true) {
        kernels.softmax(y.base, y.base, Int64(columns), $0, $1)
        kernels.softmax_backward(y.base, dx.base, dx.base, Int64(columns), $0, $1)
        kernels.log_softmax(logY.base, logY.base, Int64(columns), $0, $1)
        kernels.log_softmax_backward(logY.base, logDx.base, logDx.base, Int64(columns), $0, $1)
      }
      expectClose(y.array, shares.flatMap { $0 }, relative: 2e-6, "\(table.name) softmax")
      expectClose(dx.array, gradients, relative: 2e-6, "\(table.name) softmax gradient")
      expectClose(
        logY.array, shares.flatMap { $0.map { log($0) } }, relative: 1e-6, absolute: 3e-6,
        "\(table.name) log softmax")
      expectClose(
        logDx.array, logGradients, relative: 5e-6, absolute: 5e-6,
        "\(table.name) log softmax gradient")
      let all = y.array + dx.array + logY.array + logDx.array
      if first.isEmpty { first = all }
      expectSameBits(all, first, "\(table.name) against the best instruction set")
      for buffer in [y, dx, logY, logDx] { #expect(buffer.isGuardIntact) }
    }
  }

  @Test func softmaxOfExtremes() {
    let x: [Float] = [
      1e30, 0, -1e30, -.infinity, 3, 3, .nan, 0, 1, .infinity, 0, 0, -.infinity, -.infinity,
      -.infinity,
    ]
    for table in availableTables() {
      let y = Buffer(x)
      table.pointee.loss.pointee.softmax(y.base, y.base, 3, 0, 5)
      let nan = Double.nan
      expectClose(
        y.array, [1, 0, 0, 0, 0.5, 0.5, nan, nan, nan, nan, nan, nan, nan, nan, nan], table.name)
    }
  }

  @Test(arguments: [2, 10, 33, 1000], [Float(0), 0.1]) func crossEntropy(
    classes: Int, smoothing: Float
  ) {
    let count = 7
    for withWeights in [false, true] {
      var random = SeededRandom(seed: 2)
      let x = random.floats(count * classes, in: -5...5)
      let weights = random.floats(classes, in: 0...2)
      // The last but one does not count.
      let targets: [Int32] = (0..<count).map { row in
        row == count - 2 ? -100 : Int32(truncatingIfNeeded: random.next() % UInt64(classes))
      }
      func weight(_ c: Int) -> Double { withWeights ? Double(weights[c]) : 1 }
      var losses: [Double] = []
      var dx: [Double] = []
      var total = 0.0
      let scale: Float = 0.25
      for (row, target) in zip(rows(x, classes), targets) {
        guard target >= 0 else {
          losses.append(0)
          dx += row.map { _ in 0 }
          continue
        }
        total += weight(Int(target))
        let s = Double(smoothing)
        let wanted = row.indices.map {
          weight($0) * (($0 == Int(target) ? 1 - s : 0) + s / Double(classes))
        }
        let shares = softmax(row)
        losses.append(-zip(wanted, shares).reduce(0) { $0 + $1.0 * log($1.1) })
        let sum = wanted.reduce(0, +)
        dx += zip(wanted, shares).map { Double(scale) * ($1 * sum - $0) }
      }
      var first: [Float] = []
      for table in availableTables() {
        let kernels = table.pointee.loss.pointee
        for asFloats in [false, true] {
          let (integers, floats) = (Buffer(targets, filler: 0), Buffer(targets.map(Float.init)))
          let classWeights = Buffer(weights)
          let loss = cn_cross_entropy(
            classes: Int64(classes), class_weights: withWeights ? .init(classWeights.base) : nil,
            label_smoothing: smoothing, ignore_index: -100,
            float_targets: asFloats ? .init(floats.base) : nil,
            integer_targets: asFloats ? nil : .init(integers.base))
          let actual = Buffer(count: count)
          let gradient = Buffer(x)
          inPieces(count, split: true) {
            kernels.cross_entropy(loss, gradient.base, actual.base, gradient.base, scale, $0, $1)
          }
          expectClose(actual.array, losses, relative: 2e-6, absolute: 3e-6, "\(table.name) loss")
          expectClose(gradient.array, dx, relative: 3e-6, "\(table.name) gradient")
          #expect(abs(kernels.target_weight(loss, Int64(count)) - total) < 1e-9)
          let all = actual.array + gradient.array
          if first.isEmpty { first = all }
          expectSameBits(all, first, "\(table.name) against the best instruction set")
          #expect(actual.isGuardIntact && gradient.isGuardIntact)
        }
      }
    }
  }

  @Test(arguments: [Float(3), -1, 1.5, .nan, .infinity, -.infinity, 1e30])
  func targetThatIsNoClass(target: Float) {
    for table in availableTables() {
      let kernels = table.pointee.loss.pointee
      let targets = Buffer([1, target])
      let loss = cn_cross_entropy(
        classes: 3, class_weights: nil, label_smoothing: 0, ignore_index: -100,
        float_targets: .init(targets.base), integer_targets: nil)
      let losses = Buffer(count: 2)
      let dx = Buffer([Float](repeating: 1, count: 6))
      kernels.cross_entropy(loss, dx.base, losses.base, dx.base, 1, 0, 2)
      #expect(losses.array[0].isFinite && losses.array[1].isNaN)
      let gradients = dx.array.map { $0.isNaN ? "NaN" : $0.isFinite ? "finite" : "infinite" }
      #expect(gradients == ["finite", "finite", "finite", "NaN", "NaN", "NaN"])
      #expect(kernels.target_weight(loss, 2).isNaN)
      #expect(kernels.target_weight(loss, 1) == 1)
    }
  }

  /// A class of weight 0 may have a score of minus infinity.
  @Test func impossibleClassOfWeightZero() {
    for table in availableTables() {
      let (targets, weights) = (Buffer([1]), Buffer([0, 1, 1]))
      let loss = cn_cross_entropy(
        classes: 3, class_weights: .init(weights.base), label_smoothing: 0.3, ignore_index: -100,
        float_targets: .init(targets.base), integer_targets: nil)
      let losses = Buffer(count: 1)
      table.pointee.loss.pointee.cross_entropy(
        loss, Buffer([-.infinity, 0, 0]).base, losses.base, nil, 1, 0, 1)
      expectClose(losses.array, [log(2) * 0.9], table.name)
    }
  }
}
