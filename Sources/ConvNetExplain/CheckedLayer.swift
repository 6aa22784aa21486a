internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph

/// A layer as a page describes it, computed again from the numbers that the page holds.
struct CheckedLayer {
  let entry: JSONValue
  let name: String
  let kind: String
  let inputs: [String]
  let shape: [Int]

  init(_ entry: JSONValue) {
    self.entry = entry
    name = entry["name"]?.string ?? ""
    kind = entry["kind"]?.string ?? ""
    inputs = (entry["inputs"]?.array ?? []).compactMap(\.string)
    shape = (entry["shape"]?.array ?? []).compactMap(\.int)
  }

  struct Result {
    var total = 0
    var wrong = 0
    var worst = 0.0

    mutating func compare(_ computed: Double, _ found: Float, size: Double) {
      total += 1
      let difference = (computed - Double(found)).magnitude
      if size > 0 { worst = max(worst, difference / size) }
      if !(difference <= 1e-5 * size + 1e-12) { wrong += 1 }
    }
  }

  private func pair(_ key: String) -> [Int] {
    let numbers = (entry["attr"]?[key]?.array ?? []).compactMap(\.int)
    return numbers.allSatisfy { (0...(1 << 20)).contains($0) } ? numbers : []
  }

  private static let mostTerms = 40_000_000

  /// The page's numbers of this layer, at the kept channels, against the same sums in double
  /// precision; numbers whose terms the page does not hold are passed over.
  func recomputed(_ page: PageReader) -> Result {
    var result = Result()
    var terms = 0
    for block in page.blocks where block.box.tensor == name {
      let box = block.box
      for position in 0..<box.count {
        let channel = box.channels.map { $0[position] } ?? position
        for row in box.row..<box.row + box.height {
          for column in box.column..<box.column + box.width where terms < Self.mostTerms {
            let index =
              (position * box.height + row - box.row) * box.width + column - box.column
            guard let (sum, size, count) = value(page, channel, row, column) else { continue }
            terms += count
            result.compare(sum, block.numbers[index], size: size)
          }
        }
      }
    }
    return result
  }

  private func value(
    _ page: PageReader, _ channel: Int, _ row: Int, _ column: Int
  ) -> (sum: Double, size: Double, terms: Int)? {
    switch kind {
    case "conv": convolution(page, channel, row, column)
    case "bn": batchNorm(page, channel, row, column)
    case "linear": linear(page, channel)
    case "relu":
      inputs.first.flatMap { page.number($0, channel, row, column) }.map {
        ($0 < 0 ? 0 : Double($0), 0, 1)
      }
    default: nil
    }
  }

  private func convolution(
    _ page: PageReader, _ channel: Int, _ row: Int, _ column: Int
  ) -> (sum: Double, size: Double, terms: Int)? {
    let (kernel, stride, dilation) = (pair("kernel"), pair("stride"), pair("dilation"))
    let padding = pair("padding")
    guard kernel.count == 2, stride.count == 2, dilation.count == 2, padding.count == 4,
      let source = inputs.first, let groups = entry["attr"]?["groups"]?.int, groups > 0,
      let outputs = shape.first, outputs >= groups, let input = inputShape(page, source)
    else { return nil }
    let per = input[0] / groups
    let first = channel / max(1, outputs / groups) * per
    guard page.number("weight:\(name)", channel) != nil else { return nil }
    var (sum, size, terms) = (0.0, 0.0, 0)
    for local in 0..<per {
      for u in 0..<kernel[0] {
        let y = row * stride[0] + u * dilation[0] - padding[0]
        guard y >= 0, y < input[1] else { continue }
        for v in 0..<kernel[1] {
          let x = column * stride[1] + v * dilation[1] - padding[2]
          guard x >= 0, x < input[2] else { continue }
          guard let a = page.number(source, first + local, y, x),
            let w = page.number("weight:\(name)", channel, local, u * kernel[1] + v)
          else { return nil }
          sum += Double(a) * Double(w)
          size += (Double(a) * Double(w)).magnitude
          terms += 1
        }
      }
    }
    return finish(page, channel, sum, size, terms)
  }

  private func finish(
    _ page: PageReader, _ channel: Int, _ sum: Double, _ size: Double, _ terms: Int
  ) -> (sum: Double, size: Double, terms: Int)? {
    guard entry["attr"]?["bias"]?.bool == true else { return (sum, size, terms) }
    guard let bias = page.number("bias:\(name)", channel) else { return nil }
    return (sum + Double(bias), size + Double(bias.magnitude), terms)
  }

  private func batchNorm(
    _ page: PageReader, _ channel: Int, _ row: Int, _ column: Int
  ) -> (sum: Double, size: Double, terms: Int)? {
    let numbers = (0..<4).compactMap { page.number("bn:\(name)", $0, 0, channel) }.map(Double.init)
    guard numbers.count == 4, let epsilon = entry["attr"]?["epsilon"]?.double,
      let x = inputs.first.flatMap({ page.number($0, channel, row, column) })
    else { return nil }
    let scale = numbers[0] / (numbers[3] + epsilon).squareRoot()
    let sum = (Double(x) - numbers[2]) * scale + numbers[1]
    let size =
      (Double(x) * scale).magnitude + (numbers[2] * scale).magnitude + numbers[1].magnitude
    return (sum, size, 1)
  }

  private func linear(
    _ page: PageReader, _ output: Int
  ) -> (sum: Double, size: Double, terms: Int)? {
    guard let source = inputs.first, let x = page.whole(source) ?? derivedInput(page, source) else {
      return nil
    }
    var (sum, size) = (0.0, 0.0)
    for (index, number) in x.enumerated() {
      guard let w = page.number("weight:\(name)", output, index) else { return nil }
      sum += Double(number) * Double(w)
      size += (Double(number) * Double(w)).magnitude
    }
    return finish(page, output, sum, size, x.count)
  }

  /// A flattened input is not stored a second time.
  private func derivedInput(_ page: PageReader, _ source: String) -> [Float]? {
    guard
      let entry = page.manifest["layers"]?.array?.first(where: { $0["name"]?.string == source }),
      entry["kind"]?.string == "copy", entry["derived"]?.bool == true,
      let from = entry["inputs"]?.array?.first?.string
    else { return nil }
    return page.whole(from)
  }

  private func inputShape(_ page: PageReader, _ source: String) -> [Int]? {
    let entry =
      source == "input"
      ? page.manifest["input"]
      : page.manifest["layers"]?.array?.first { $0["name"]?.string == source }
    let sizes = (entry?["shape"]?.array ?? []).compactMap(\.int)
    return sizes.count == 3 && sizes.allSatisfy { $0 > 0 } ? sizes : nil
  }
}

/// Finds the numbers that a page's elements name as their source.
struct PageSources {
  let page: PageReader
  let layers: [String: CheckedLayer]
  let shares: [Double]

  init(_ page: PageReader, _ layers: [CheckedLayer]) {
    self.page = page
    self.layers = Dictionary(layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    shares = PageCheck.softmax(page.whole("scores") ?? [])
  }

  func number(_ source: String) -> Double? {
    if source.hasPrefix("calc:100*") { return number(String(source.dropFirst(9))).map { 100 * $0 } }
    guard let colon = source.firstIndex(of: ":") else { return nil }
    let (kind, rest) = (source[..<colon], String(source[source.index(after: colon)...]))
    let dot = rest.lastIndex(of: ".") ?? rest.endIndex
    let owner = String(rest[..<dot])
    let key = dot == rest.endIndex ? "" : String(rest[rest.index(after: dot)...])
    switch kind {
    case "prob": return Int(rest).flatMap { shares.indices.contains($0) ? shares[$0] : nil }
    case "score": return Int(rest).flatMap { page.number("scores", $0) }.map(Double.init)
    case "stat": return layers[owner]?.entry["stat"]?[key]?.double
    case "meta" where owner == "run": return page.manifest["totals"]?[key]?.double
    case "meta":
      guard let layer = layers[owner] else { return nil }
      switch key {
      case "params", "macs", "micros": return layer.entry[key]?.double
      case "channels": return layer.shape.first.map(Double.init)
      case "rf": return layer.entry["rf"]?["h"]?.array?.first?.double
      case "jump": return layer.entry["rf"]?["h"]?.array?.dropFirst().first?.double
      default: return nil
      }
    default: return nil
    }
  }
}
