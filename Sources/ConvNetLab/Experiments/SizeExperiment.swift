package import ConvNetGraph

/// S6: the size formula against windows that really slide.
package struct SizeExperiment: Experiment {
  package let name = "size"
  package let row = "S6"
  package let title = Bilingual("output size", "输出尺寸")
  package let claim = Bilingual(
    "The output is (H − K + 2P)/S + 1 high, and as wide by the same formula: 32 with K = 3, P = 1, "
      + "S = 1 stays 32.",
    "输出高度为 (H − K + 2P)/S + 1，宽度同理：32 在 K = 3、P = 1、S = 1 时仍为 32。")
  package let question = Bilingual(
    "Does the formula give the size of every output?", "公式算出的总是真实的输出尺寸吗？")
  package let needsData = false

  package init() {}

  /// One axis of a random layer.
  struct Side: Hashable {
    var size: Int
    var kernel: Int
    var stride: Int
    var padding: Int
    var dilation: Int

    /// H + 2P − D(K − 1) − 1: what S divides.
    var reach: Int { size + 2 * padding - dilation * (kernel - 1) - 1 }

    /// The formula, floored; nil where the window does not fit.
    var formula: Int? { reach < 0 ? nil : reach / stride + 1 }

    /// Whether the formula gives a whole number without being floored.
    var isWhole: Bool { reach % stride == 0 }

    /// For each position of the window the cells of it that lie on the picture: found by walking.
    var walk: [Int] {
      var cells: [Int] = []
      var start = -padding
      while start + dilation * (kernel - 1) <= size - 1 + padding {
        cells.append(
          (0..<kernel).count { (0..<size).contains(start + dilation * $0) })
        start += stride
      }
      return cells
    }
  }

  private struct Tally {
    var right = 0
    var windows = 0
    var refused = 0
    var whole = 0
    var fitting = 0
    var cases = 0
  }

  private enum Kind: Int, CaseIterable {
    case convolution, maxPooling, averagePooling

    var words: Bilingual {
      switch self {
      case .convolution: Bilingual("convolution", "卷积")
      case .maxPooling: Bilingual("max pooling", "最大池化")
      case .averagePooling: Bilingual("average pooling", "平均池化")
      }
    }
  }

  package func run(_ lab: Lab) throws(ConvNetError) -> LabReport {
    var report = LabReport(self)
    var tallies = [Kind: Tally]()
    var wholeShares: [Double] = []
    lab.expect(lab.seeds.count)
    for seed in lab.seeds {
      let random = CounterRandom(seed: UInt64(seed), stream: "lab/size")
      var (whole, fitting) = (0, 0)
      for number in 0..<lab.scale.cases {
        if number % 25 == 0 {
          try lab.tell("seed \(seed)", part: Double(number) / Double(lab.scale.cases))
        }
        let kind = Kind(rawValue: number % Kind.allCases.count) ?? .convolution
        let sides = SizeExperiment.sides(random, number, isPooling: kind != .convolution)
        try SizeExperiment.examine(sides, kind, lab, &tallies[kind, default: Tally()])
        if sides.height.formula != nil, sides.width.formula != nil {
          fitting += 1
          if sides.height.isWhole, sides.width.isWhole { whole += 1 }
        }
      }
      wholeShares.append(Double(whole) / Double(max(1, fitting)))
      lab.finishPiece()
    }
    let all = tallies.values.reduce(into: Tally()) { sum, tally in
      sum.right += tally.right
      sum.windows += tally.windows
      sum.refused += tally.refused
      sum.fitting += tally.fitting
      sum.cases += tally.cases
    }
    let convolution = tallies[.convolution] ?? Tally()
    report.checks = [
      .always(
        Bilingual(
          "rounded down, the formula is the size of the output", "向下取整后，公式就是输出的尺寸"),
        right: all.right, of: all.fitting),
      .always(
        Bilingual(
          "a window that does not fit (formula below 1) is refused", "窗口放不下（公式小于 1）时被拒绝"),
        right: all.refused, of: all.cases - all.fitting, isMain: false),
      .always(
        Bilingual(
          "every window lies where a walk by steps of S puts it (sums of ones over ones)",
          "每个窗口都在按步幅 S 走到的位置上（用全 1 的核对全 1 的图求和）"),
        right: convolution.windows, of: convolution.fitting, isMain: false),
      .limit(
        Bilingual(
          "as the primer writes it, without rounding, the formula gives a whole number",
          "照入门的写法（不取整），公式得到整数"),
        Measurement(wholeShares), .atLeast(1), .percent),
    ]
    report.tables = [
      LabTable(
        Bilingual("Random layers, run through the engine", "随机的层，真正在引擎中运行"),
        [
          Bilingual("layer", "层"), Bilingual("layers", "层数"), Bilingual("that fit", "放得下"),
          Bilingual("size as the formula", "尺寸与公式相同"),
          Bilingual("that do not fit, refused", "放不下而被拒绝"),
        ],
        rows: Kind.allCases.map { kind in
          let tally = tallies[kind] ?? Tally()
          return [
            .text(kind.words), .number(Double(tally.cases), .whole),
            .number(Double(tally.fitting), .whole), .number(Double(tally.right), .whole),
            .number(Double(tally.refused), .whole),
          ]
        }),
      try SizeExperiment.examples(lab),
    ]
    report.figures = [.plot(try SizeExperiment.strides(lab))]
    let share = LabFormat.percent.text(Measurement(wholeShares.map { 1 - $0 }))
    report.findings = [
      Bilingual(
        "In \(share) of the layers that fit, S does not divide H − K + 2P along some axis. The "
          + "window then cannot reach the last rows or columns, and the size is the next whole number "
          + "below: ⌊(H + 2P − D(K − 1) − 1)/S⌋ + 1, as in PyTorch.",
        "放得下的层中，有 \(share) 在某个方向上 H − K + 2P 不能被 S 整除。这时窗口够不到最后几行或几列，尺寸取"
          + "下面的整数：⌊(H + 2P − D(K − 1) − 1)/S⌋ + 1，与 PyTorch 相同。")
    ]
    report.method = [
      Bilingual(
        "For each seed \(lab.scale.cases) layers were drawn: pictures of 1 to 40 pixels a side, "
          + "windows of 1 to 7, strides of 1 to 4, padding of 0 to 3, dilation of 1 to 3, each "
          + "independently for height and width. Each was planned and run; the size of what came out "
          + "was compared with the formula.",
        "每个种子抽取 \(lab.scale.cases) 个层：图像边长 1 到 40，窗口 1 到 7，步幅 1 到 4，填充 0 到 3，膨胀 1 到 3，"
          + "高与宽各自独立抽取。每个层都真正运行，再把输出的尺寸与公式比较。"),
      Bilingual(
        "The pictures and kernels of the convolutions hold ones only, so that every output counts the "
          + "cells of its window that lie on the picture; a walk without any formula counts them too.",
        "卷积的图像和卷积核全是 1，于是每个输出就是窗口落在图像上的格数；另有一段不用公式、逐步走动的程序也数一遍。"),
    ]
    return report
  }

  /// The axes of the layer of a number.
  private static func sides(
    _ random: CounterRandom, _ number: Int, isPooling: Bool
  ) -> (height: Side, width: Side) {
    func side(_ axis: Int) -> Side {
      let base = UInt64(number * 16 + axis * 8)
      let kernel = 1 + random.integer(below: 7, at: base + 1)
      // Pooling takes padding up to half of its window, as in PyTorch.
      let mostPadding = isPooling ? min(3, kernel / 2) : 3
      return Side(
        size: 1 + random.integer(below: 40, at: base), kernel: kernel,
        stride: 1 + random.integer(below: 4, at: base + 2),
        padding: random.integer(below: mostPadding + 1, at: base + 3),
        dilation: isPooling ? 1 : 1 + random.integer(below: 3, at: base + 4))
    }
    return (side(0), side(1))
  }

  private static func examine(
    _ sides: (height: Side, width: Side), _ kind: Kind, _ lab: Lab, _ tally: inout Tally
  ) throws(ConvNetError) {
    tally.cases += 1
    let fits = sides.height.formula != nil && sides.width.formula != nil
    tally.fitting += fits ? 1 : 0
    let output: Tensor
    do throws(ConvNetError) {
      output = try slide(kind, sides, lab)
    } catch {
      guard error.kind == .invalidNetwork else { throw error }
      tally.refused += fits ? 0 : 1
      return
    }
    guard let height = sides.height.formula, let width = sides.width.formula,
      output.shape == [1, 1, height, width]
    else { return }
    tally.right += 1
    guard kind == .convolution else { return }
    let (rows, columns) = (sides.height.walk, sides.width.walk)
    let expected = rows.flatMap { row in columns.map { Float(row * $0) } }
    tally.windows += output.elements == expected ? 1 : 0
  }

  private static func slide(
    _ kind: Kind, _ sides: (height: Side, width: Side), _ lab: Lab
  ) throws(ConvNetError) -> Tensor {
    func pair(_ path: KeyPath<Side, Int>) -> Size2D {
      Size2D(height: sides.height[keyPath: path], width: sides.width[keyPath: path])
    }
    let (kernel, stride, padding) = (pair(\.kernel), pair(\.stride), pair(\.padding))
    let input = Tensor([1, 1, sides.height.size, sides.width.size], repeating: 1)
    return try lab.apply(input) { value in
      switch kind {
      case .convolution:
        F.conv2d(
          value, weight: Tensor([1, 1, kernel.height, kernel.width], repeating: 1),
          stride: stride, padding: padding, dilation: pair(\.dilation))
      case .maxPooling:
        F.maxPool2d(value, kernelSize: kernel, stride: stride, padding: padding)
      case .averagePooling:
        F.avgPool2d(value, kernelSize: kernel, stride: stride, padding: padding)
      }
    }
  }

  /// Layers that everybody meets, run too.
  private static func examples(_ lab: Lab) throws(ConvNetError) -> LabTable {
    var table = LabTable(
      Bilingual("Layers that everybody meets", "常见的层"),
      ["H", "K", "P", "S"].map { Bilingual(same: $0) } + [
        Bilingual("(H − K + 2P)/S + 1", "(H − K + 2P)/S + 1"),
        Bilingual("size of the real output", "真实的输出尺寸"),
      ])
    for (size, kernel, padding, stride) in [
      (32, 3, 1, 1), (32, 3, 0, 1), (32, 2, 0, 2), (28, 5, 0, 1), (224, 7, 3, 2), (112, 3, 1, 2),
      (7, 3, 0, 3),
    ] {
      let side = Side(
        size: size, kernel: kernel, stride: stride, padding: padding, dilation: 1)
      let output = try slide(.convolution, (side, side), lab)
      let exact = Double(side.reach) / Double(stride) + 1
      table.rows.append(
        [size, kernel, padding, stride].map { .number(Double($0), .whole) } + [
          .number(exact, exact == exact.rounded() ? .whole : .decimals(2)),
          .number(Double(output.shape[2]), .whole),
        ])
    }
    return table
  }

  private static func strides(_ lab: Lab) throws(ConvNetError) -> LinePlot {
    var series: [LinePlot.Series] = []
    for padding in [0, 1, 2] {
      var points: [(x: Double, y: Measurement)] = []
      for stride in 1...8 {
        let side = Side(size: 32, kernel: 5, stride: stride, padding: padding, dilation: 1)
        let output = try slide(.convolution, (side, side), lab)
        points.append((Double(stride), Measurement([Double(output.shape[2])])))
      }
      series.append(LinePlot.Series(Bilingual(same: "P = \(padding)"), points))
    }
    return LinePlot(
      title: Bilingual("How step and padding make the size", "步幅和填充如何决定尺寸"),
      note: Bilingual(
        "A picture of 32 pixels under a window of 5: sizes of real outputs. Two paddings often "
          + "give the same size, because the rest of the division is lost.",
        "边长 32 的图像，窗口为 5：都是真实输出的尺寸。不同填充常得到同样的尺寸，因为除法的余数被舍去了。"),
      xLabel: Bilingual("stride S", "步幅 S"), yLabel: Bilingual("output size", "输出尺寸"),
      series: series, xFormat: .whole, yFormat: .whole, ticksAtPoints: true)
  }
}
