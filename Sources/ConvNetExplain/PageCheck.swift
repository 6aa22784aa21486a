internal import ConvNet
internal import ConvNetFormats
public import ConvNetGraph
internal import ConvNetText

/// What a check of an explain page found.
public struct PageCheck: Sendable {
  /// One kind of check.
  public struct Row: Hashable, Sendable {
    /// What was compared with what.
    public var name: String
    /// The numbers that were compared.
    public var total: Int
    /// The numbers that differ.
    public var wrong: Int
    /// The largest difference, where there is a measure of it.
    public var worst: Double?
  }

  /// All kinds of checks.
  public private(set) var rows: [Row] = []

  /// Whether nothing is wrong.
  public var isGood: Bool { rows.allSatisfy { $0.wrong == 0 } && rows.contains { $0.total > 0 } }

  /// Checks a page by itself, and against a dump of its run where one is given.
  ///
  /// - Parameters:
  ///   - html: the page.
  ///   - name: what it is called in messages.
  ///   - dump: the tensors of `--dump`: each number of the page must be there, bit for bit.
  ///   - reference: tensors of another program for the same weights and picture.
  ///   - tolerance: how far they may be away.
  /// - Throws: ``ConvNetError`` of kind `invalidData` where the page cannot be read at all.
  public init(
    _ html: String, name: String, dump: Weights? = nil, reference: Weights? = nil,
    tolerance: Double = 1e-4
  ) throws(ConvNetError) {
    let page = try PageReader(html, name: name)
    checkPolicy(page)
    checkSums(page)
    let layers = (page.manifest["layers"]?.array ?? []).map { CheckedLayer($0) }
    recompute(page, layers)
    checkShares(page)
    checkShown(page, layers)
    if let dump { compare(page, dump) }
    if let dump, let reference { compare(dump, reference, tolerance) }
  }

  private mutating func add(_ name: String, _ total: Int, _ wrong: Int, _ worst: Double? = nil) {
    rows.append(Row(name: name, total: total, wrong: wrong, worst: worst))
  }

  private mutating func checkPolicy(_ page: PageReader) {
    let good = [page.scriptHashes, page.styleHashes].count { $0.allowed == $0.found }
    add("script and style against the page's policy", 2, 2 - good)
  }

  private mutating func checkSums(_ page: PageReader) {
    var (total, wrong) = (0, 0)
    for block in page.blocks {
      total += block.numbers.count
      if PageBlob.sum(block.numbers) != block.sum { wrong += 1 }
    }
    add("stored tensors against their SHA-256", total, wrong)
  }

  private mutating func recompute(_ page: PageReader, _ layers: [CheckedLayer]) {
    var (total, wrong, worst) = (0, 0, 0.0)
    for layer in layers {
      let result = layer.recomputed(page)
      total += result.total
      wrong += result.wrong
      worst = max(worst, result.worst)
    }
    add("sums computed again in double precision", total, wrong, worst)
  }

  private mutating func checkShares(_ page: PageReader) {
    let scores = page.whole("scores") ?? []
    let shares = (page.manifest["probabilities"]?.array ?? []).compactMap(\.double)
    let found = Self.softmax(scores)
    var wrong = shares.count == found.count && !found.isEmpty ? 0 : 1
    for (a, b) in zip(shares, found) where !((a - b).magnitude <= 1e-9) { wrong += 1 }
    add("shares against the softmax of the scores", found.count, wrong)
    var (heats, bad) = (0, 0)
    for heat in page.manifest["heat"]?.array ?? [] {
      guard let index = heat["class"]?.int, let rest = heat["rest"]?.double,
        let map = page.whole("heat:\(index)"), scores.indices.contains(index)
      else {
        bad += 1
        continue
      }
      heats += 1
      let sum = map.reduce(rest) { $0 + Double($1) }
      let size = map.reduce(rest.magnitude) { $0 + Double($1.magnitude) }
      if !((sum - Double(scores[index])).magnitude <= 1e-5 * size + 1e-12) { bad += 1 }
    }
    add("evidence against scores", heats, bad)
  }

  private mutating func checkShown(_ page: PageReader, _ layers: [CheckedLayer]) {
    let sources = PageSources(page, layers)
    var wrong = 0
    for shown in page.shown {
      guard let exact = Double(shown.exact), let found = sources.number(shown.source),
        (exact - found).magnitude <= 1e-7 * max(1e-7, found.magnitude),
        let said = Double(shown.text.replacingText("−", with: "-").replacingText(",", with: "")),
        (said - exact).magnitude <= 6e-4 * exact.magnitude + 1e-12
      else {
        wrong += 1
        continue
      }
    }
    add("numbers on this page against their source", page.shown.count, wrong)
  }

  /// Every block of the page against the same cells of the dump.
  private mutating func compare(_ page: PageReader, _ dump: Weights) {
    var (total, wrong) = (0, 0)
    for block in page.blocks {
      guard let tensor = dump[block.box.tensor] else { continue }
      // A map of evidence has no channels.
      let isMap = block.box.height * block.box.width == tensor.count
      let plane =
        tensor.shape.rank >= 3
        ? tensor.shape.dimensions.suffix(2)
        : isMap ? [block.box.height, block.box.width] : [1, 1]
      let (height, width) = (plane.first ?? 1, plane.last ?? 1)
      guard height * width > 0 else { continue }
      let size = (channels: tensor.count / (height * width), height: height, width: width)
      let box = block.box
      let most = box.channels?.max() ?? (box.count - 1)
      total += block.numbers.count
      guard most < size.channels, (box.channels?.min() ?? 0) >= 0, box.row + box.height <= height,
        box.column + box.width <= width
      else {
        wrong += block.numbers.count
        continue
      }
      for (a, b) in zip(block.numbers, box.numbers(tensor, size: size))
      where a.bitPattern != b.bitPattern { wrong += 1 }
    }
    add("the page against the dump, bit for bit", total, total == 0 ? 1 : wrong)
  }

  /// Tensors of equal names of two programs.
  private mutating func compare(_ dump: Weights, _ reference: Weights, _ tolerance: Double) {
    var (total, wrong, worst) = (0, 0, 0.0)
    for (name, theirs) in reference {
      guard let ours = dump[name], ours.count == theirs.count else { continue }
      for (a, b) in zip(ours.elements, theirs.elements) {
        let difference = (Double(a) - Double(b)).magnitude
        total += 1
        if difference > worst { worst = difference }
        if !(difference <= tolerance) { wrong += 1 }
      }
    }
    add("the dump against the other program", total, total == 0 ? 1 : wrong, worst)
  }

  static func softmax(_ scores: [Float]) -> [Double] {
    let largest = Double(scores.max() ?? 0)
    let powers = scores.map { Double.exp(Double($0) - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
