internal import ConvNet
internal import ConvNetFormats
internal import ConvNetGraph

/// How much of a run goes into a page.
struct PageDetail: Equatable {
  /// Every number of every layer, instead of windows around the peaks.
  var isFull: Bool
  /// The channels with exact kernels and windows.
  var channels: Int
  /// Rows and columns of the window around a peak.
  var window: Int
  /// The most channels of a layer's sheet of maps.
  var tiles: Int
  /// The most pixels along a tile's side.
  var tilePixels: Int
  /// The classes whose gradients are kept.
  var gradients: Int
  /// The most channels of a layer whose atlas pieces are kept, where there is an atlas.
  var atlasChannels: Int
  /// The most pixels along a side of such a piece.
  var atlasPixels: Int

  /// From everything to the least, for `channels` exact kernels.
  ///
  /// - Parameter hasAtlas: whether there are pieces to find room for.
  static func ladder(channels: Int, hasAtlas: Bool) -> [PageDetail] {
    func step(
      _ isFull: Bool, _ most: Int, window: Int, tiles: Int, of pixels: Int, gradients: Int,
      atlas: Int, of atlasPixels: Int
    ) -> PageDetail {
      PageDetail(
        isFull: isFull, channels: min(channels, most), window: window, tiles: tiles,
        tilePixels: pixels, gradients: gradients,
        atlasChannels: hasAtlas ? min(channels, atlas) : 0, atlasPixels: hasAtlas ? atlasPixels : 0)
    }
    let steps = [
      PageDetail(
        isFull: true, channels: channels, window: 0, tiles: 256, tilePixels: 32, gradients: 5,
        atlasChannels: hasAtlas ? 256 : 0, atlasPixels: hasAtlas ? 64 : 0),
      step(true, .max, window: 0, tiles: 256, of: 32, gradients: 5, atlas: 16, of: 48),
      step(true, .max, window: 0, tiles: 256, of: 32, gradients: 5, atlas: 8, of: 32),
      step(false, .max, window: 7, tiles: 64, of: 28, gradients: 5, atlas: 8, of: 40),
      step(false, .max, window: 7, tiles: 64, of: 28, gradients: 5, atlas: 4, of: 36),
      step(false, .max, window: 5, tiles: 64, of: 24, gradients: 2, atlas: 4, of: 36),
      step(false, 6, window: 3, tiles: 49, of: 24, gradients: 2, atlas: 4, of: 36),
      step(false, 4, window: 3, tiles: 36, of: 20, gradients: 1, atlas: 3, of: 32),
      step(false, 3, window: 3, tiles: 25, of: 16, gradients: 1, atlas: 2, of: 32),
      step(false, 2, window: 2, tiles: 16, of: 14, gradients: 1, atlas: 1, of: 28),
      step(false, 1, window: 1, tiles: 9, of: 12, gradients: 0, atlas: 1, of: 20),
      step(false, 1, window: 1, tiles: 4, of: 8, gradients: 0, atlas: 0, of: 8),
    ]
    return steps.enumerated().filter { $0 == 0 || $1 != steps[$0 - 1] }.map(\.element)
  }
}

/// The layers of a run and the blocks of numbers that a page of some detail holds.
struct PageContent {
  let run: Inspection
  let detail: PageDetail
  let layers: [PageLayer]
  let evidence: [ClassEvidence]
  private(set) var boxes: [(layer: Int, box: PageBox, numbers: [Float])] = []
  /// The channels with exact numbers, by layer.
  private(set) var kept: [[Int]] = []
  /// The window's rows and columns around the peak, by layer.
  private(set) var focus: [(rows: Range<Int>, columns: Range<Int>)] = []
  private(set) var derived: Set<Int> = []
  private var wholes: Set<String> = ["input"]

  private static let wholeLimit = 160_000
  private static let kernelLimit = 160_000

  static func layers(of run: Inspection) -> [PageLayer] {
    var names: [ValueID: String] = [run.model.graph.inputs[0]: "input"]
    var taken: Set<String> = ["input", "scores"]
    return run.layers.map { layer in
      var name = layer.name
      while taken.contains(name) { name += "_" }
      taken.insert(name)
      names[layer.value] = name
      return PageLayer(
        layer, name: name, inputs: layer.inputs.compactMap { names[$0] }, run: run)
    }
  }

  init(_ run: Inspection, layers: [PageLayer], evidence: [ClassEvidence], detail: PageDetail) {
    self.run = run
    self.layers = layers
    self.evidence = evidence
    self.detail = detail
    addScores()
    for index in layers.indices {
      kept.append(keptChannels(index))
      focus.append(focusOf(index))
    }
    for index in layers.indices { addParameters(index) }
    if detail.isFull {
      for index in layers.indices { addWhole(index) }
    } else {
      if let last = run.evidenceLayer, last.output.count <= Self.wholeLimit,
        let index = layers.firstIndex(where: { $0.name == last.name })
      {
        addWhole(index)
      }
      for index in layers.indices where !layers[index].isSpatial { addWhole(index) }
      for index in layers.indices where layers[index].isSpatial { addWindows(index) }
    }
    addEvidence()
  }

  private func keptChannels(_ index: Int) -> [Int] {
    let layer = layers[index]
    if layer.layer.value == run.scoreValue { return Array(run.ranking(max(detail.channels, 5))) }
    return Array(layer.ranked.prefix(detail.channels))
  }

  private func focusOf(_ index: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let layer = layers[index]
    let (height, width) = (layer.size.height, layer.size.width)
    guard !detail.isFull, let first = kept[index].first else { return (0..<height, 0..<width) }
    let peak = layer.peak(first, rows: 0..<height, columns: 0..<width)
    func range(_ middle: Int, _ limit: Int) -> Range<Int> {
      let size = min(detail.window, limit)
      let start = max(0, min(middle - size / 2, limit - size))
      return start..<start + size
    }
    return (range(peak.row, height), range(peak.column, width))
  }

  private mutating func add(_ box: PageBox, _ index: Int, _ tensor: Tensor, _ size: (Int, Int, Int))
  {
    guard box.count > 0, box.height > 0, box.width > 0,
      !boxes.contains(where: { box.isInside($0.box) })
    else { return }
    let numbers = box.numbers(tensor, size: (channels: size.0, height: size.1, width: size.2))
    boxes.append((index, box, numbers))
  }

  private mutating func addScores() {
    let count = run.scores.count
    let box = PageBox(
      tensor: "scores", channels: nil, count: count, row: 0, column: 0, height: 1, width: 1,
      isWhole: true)
    add(box, 0, run.scores, (count, 1, 1))
  }

  /// All of a layer's output, or nothing where it follows from what is there.
  private mutating func addWhole(_ index: Int) {
    let layer = layers[index]
    guard !wholes.contains(layer.name) else { return }
    wholes.insert(layer.name)
    if layer.facts.isDerivable, layer.inputs.allSatisfy(wholes.contains) {
      derived.insert(index)
      return
    }
    let (channels, height, width) = layer.size
    let box = PageBox(
      tensor: layer.name, channels: nil, count: channels, row: 0, column: 0, height: height,
      width: width, isWhole: true)
    add(box, index, layer.layer.output, (channels, height, width))
  }

  /// The windows of a layer around its peak and in its corner, and what they look at.
  private mutating func addWindows(_ index: Int) {
    let layer = layers[index]
    let corner = max(1, min(2, detail.window))
    let tiles = [
      focus[index],
      (0..<min(corner, layer.size.height), 0..<min(corner, layer.size.width)),
    ]
    for (rows, columns) in tiles {
      addPart(layer.name, kept[index], rows, columns)
      guard let source = layer.inputs.first, !layer.inputs.isEmpty else { continue }
      switch layer.facts.kind {
      case "bn", "relu", "act": addPart(source, kept[index], rows, columns)
      case "add": for name in layer.inputs { addPart(name, kept[index], rows, columns) }
      case "conv", "maxpool", "avgpool":
        guard let size = size(of: source) else { continue }
        let region = layer.inputRectangle(
          rows: rows, columns: columns, input: (size.height, size.width))
        let inputs = layer.facts.kind == "conv" ? inputChannels(index) : kept[index]
        addPart(source, inputs, region.rows, region.columns)
      default: break
      }
    }
  }

  /// The input channels that the kept channels of a convolution look at; all where nil.
  private func inputChannels(_ index: Int) -> [Int]? {
    let layer = layers[index]
    guard layer.facts.groups > 1, let source = layer.inputs.first, let size = size(of: source)
    else {
      return nil
    }
    let (per, outputs) = (
      size.channels / layer.facts.groups, layer.size.channels / layer.facts.groups
    )
    return Set(
      kept[index].flatMap { channel in
        (0..<per).map { channel / max(1, outputs) * per + $0 }
      }
    ).sorted()
  }

  private func size(of name: String) -> (channels: Int, height: Int, width: Int)? {
    if name == "input" {
      let shape = run.input.shape
      return (shape[1], shape[2], shape[3])
    }
    return layers.first { $0.name == name }?.size
  }

  private mutating func addPart(
    _ name: String, _ channels: [Int]?, _ rows: Range<Int>, _ columns: Range<Int>
  ) {
    guard !wholes.contains(name), let index = layers.firstIndex(where: { $0.name == name }) else {
      return
    }
    let size = layers[index].size
    let box = PageBox(
      tensor: name, channels: channels, count: channels?.count ?? size.channels,
      row: rows.lowerBound, column: columns.lowerBound, height: rows.count, width: columns.count)
    add(box, index, layers[index].layer.output, size)
  }

  private mutating func addParameters(_ index: Int) {
    let layer = layers[index]
    let tensors = layer.facts.parameters.compactMap { run.model.weights[$0] }
    guard tensors.count == layer.facts.parameters.count else { return }
    switch layer.facts.kind {
    case "conv", "linear":
      guard let weight = tensors.first else { return }
      let shape = weight.shape
      let area = shape.rank == 4 ? shape[2] * shape[3] : 1
      let all = weight.count <= Self.kernelLimit && detail.isFull
      var rows = all ? nil : kept[index]
      if !all, layer.facts.kind == "linear" {
        // A row of a large layer is long: as many as have room, the likeliest class in any case.
        let most = max(1, min(kept[index].count, Self.kernelLimit / 4 / max(1, shape[1])))
        kept[index] = Array(kept[index].prefix(most))
        rows = kept[index]
      }
      let box = PageBox(
        tensor: "weight:\(layer.name)", channels: rows, count: rows?.count ?? shape[0], row: 0,
        column: 0, height: shape[1], width: area)
      add(box, index, weight, (shape[0], shape[1], area))
      if tensors.count > 1 { addList("bias:\(layer.name)", tensors[1], index) }
    case "bn":
      guard tensors.count == 4 else { return }
      let width = layer.size.channels
      var numbers: [Float] = []
      for tensor in tensors { numbers += tensor.elements }
      let box = PageBox(
        tensor: "bn:\(layer.name)", channels: nil, count: 4, row: 0, column: 0, height: 1,
        width: width)
      boxes.append((index, box, numbers))
    default: break
    }
  }

  private mutating func addList(_ name: String, _ tensor: Tensor, _ index: Int) {
    let box = PageBox(
      tensor: name, channels: nil, count: tensor.count, row: 0, column: 0, height: 1, width: 1)
    add(box, index, tensor, (tensor.count, 1, 1))
  }

  private mutating func addEvidence() {
    guard let last = evidence.first,
      let index = layers.firstIndex(where: { $0.layer.name == last.layer })
    else { return }
    for (position, found) in evidence.enumerated() {
      let (height, width) = (found.evidence.shape[0], found.evidence.shape[1])
      for (kind, map) in [("heat", found.evidence), ("cam", found.gradCAM)] {
        let box = PageBox(
          tensor: "\(kind):\(found.classIndex)", channels: nil, count: 1, row: 0, column: 0,
          height: height, width: width)
        add(box, index, map, (1, height, width))
      }
      guard position < detail.gradients, wholes.contains(layers[index].name),
        found.gradient.count <= Self.wholeLimit
      else { continue }
      let channels = found.gradient.shape[1]
      let box = PageBox(
        tensor: "gradient:\(found.classIndex)", channels: nil, count: channels, row: 0, column: 0,
        height: height, width: width)
      add(box, index, found.gradient, (channels, height, width))
    }
  }
}
