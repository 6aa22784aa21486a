internal import ConvNetFormats
package import ConvNetGraph

/// S2, S3: where named kernels answer, on drawn pictures and on a photo.
package struct KernelsExperiment: Experiment {
  package let name = "kernels"
  package let row = "S2"
  package let title = Bilingual("kernels", "卷积核")
  package let claim = Bilingual(
    "A kernel is a small window of weights that detects one feature, such as a vertical edge, a "
      + "brightness gradient or a round area; a strong answer means: what I look for is here.",
    "卷积核是一小块权重，每个检测一种特征，例如竖直边缘、亮度梯度或圆形区域；响应强就表示“我要找的就在这里”。")
  package let question = Bilingual(
    "Where does a kernel answer, and only there?", "卷积核在哪里响应？只在那里吗？")
  package let needsData = false

  package init() {}

  /// The noise of the drawn pictures: a twentieth of the range of brightness.
  static let noise: Float = 0.05

  package func run(_ lab: Lab) throws(ConvNetError) -> LabReport {
    var report = LabReport(self)
    lab.expect(lab.seeds.count)
    let kinds: [DrawnPicture.Kind] = [.verticalEdge, .horizontalEdge, .disc]
    var hits = [DrawnPicture.Kind: [Double]]()
    var slopes: [Double] = []
    var noiseLeft: [Double] = []
    let count = max(4, lab.scale.cases / 10)
    for seed in lab.seeds {
      let random = CounterRandom(seed: UInt64(seed), stream: "lab/kernels")
      for (position, kind) in kinds.enumerated() {
        try lab.tell("seed \(seed): \(kind.kernel.name)", part: Double(position) / 5)
        var found = 0
        for number in 0..<count {
          let picture = DrawnPicture(
            kind, random, number: number * 8 + position, noise: KernelsExperiment.noise)
          found += try isFound(picture, lab) ? 1 : 0
        }
        hits[kind, default: []].append(Double(found) / Double(count))
      }
      slopes.append(try slopeError(random, count, lab))
      noiseLeft.append(try noiseLeftByBlur(random, lab))
      lab.finishPiece()
    }
    report.checks = kinds.map { kind in
      .limit(
        Bilingual(
          "with noise, the \(kind.kernel.words.en) kernel answers most strongly where the "
            + "\(kind == .disc ? "disc's middle" : "edge") is",
          "有噪声时，“\(kind.kernel.words.zh)”核响应最强处就是\(kind == .disc ? "圆心" : "边缘")所在"),
        Measurement(hits[kind] ?? []), .atLeast(0.95), .percent)
    }
    report.checks.append(
      .limit(
        Bilingual(
          "the gradient kernel's answer is the slope: largest relative error",
          "“亮度梯度”核的响应就是斜率：最大相对误差"),
        Measurement(slopes), .atMost(1e-3), .significant(2)))
    let table = try responses(lab)
    let others = table.flatMap { row in
      row.answers.enumerated().filter { $0.offset != row.own }.map(\.element)
    }
    report.checks.append(
      .limit(
        Bilingual(
          "it detects one feature only: the strongest answer to another feature, as a share of that "
            + "to its own",
          "只检测一种特征：对其他特征的最强响应占对自己特征的比例"),
        Measurement([others.max() ?? 0]), .atMost(0.5), .percent))
    report.checks.append(
      .always(
        Bilingual("64 kernels give 64 feature maps", "64 个卷积核给出 64 张特征图"),
        right: try mapCount(lab) == 64 ? 1 : 0, of: 1, isMain: false))
    report.tables = [crossTable(table), hitTable(kinds, hits, slopes, noiseLeft)]
    try addPictures(to: &report, lab)
    report.findings = findings(table, Measurement(noiseLeft))
    report.method = [
      Bilingual(
        "\(count) pictures of \(DrawnPicture.side)×\(DrawnPicture.side) pixels were drawn for each "
          + "kind and seed, at random places, with contrasts of 0.3 to 0.8 of the range of brightness "
          + "and noise of 0.05. The place of the strongest answer was compared with the place where "
          + "the feature was drawn.",
        "每种特征、每个种子各画 \(count) 张 \(DrawnPicture.side)×\(DrawnPicture.side) 的图，位置随机，对比度为亮度"
          + "范围的 0.3 到 0.8，噪声 0.05。然后比较响应最强处与特征所在处。"),
      Bilingual(
        "All answers come from the engine's convolution. Beyond the picture's border the nearest pixel "
          + "is repeated, so that the border itself is no edge.",
        "所有响应都由引擎的卷积算出。图像边界之外重复最近的像素，使边界本身不成为边缘。"),
    ]
    return report
  }

  // MARK: Drawn pictures

  private func isFound(_ picture: DrawnPicture, _ lab: Lab) throws(ConvNetError) -> Bool {
    let side = DrawnPicture.side
    let answers = try lab.answers(
      of: picture.kind.kernel, to: picture.pixels, width: side, height: side)
    let strongest = answers.indices.max { answers[$0].magnitude < answers[$1].magnitude }
    return strongest.map(picture.isFeature) ?? false
  }

  /// The largest relative difference between the gradient kernel's answers to a ramp and its slope.
  private func slopeError(
    _ random: CounterRandom, _ count: Int, _ lab: Lab
  ) throws(ConvNetError) -> Double {
    let side = DrawnPicture.side
    var worst = 0.0
    for number in 0..<count {
      let picture = DrawnPicture(.ramp, random, number: number * 8 + 4, noise: 0)
      let answers = try lab.answers(
        of: .gradient, to: picture.pixels, width: side, height: side)
      for y in 2..<(side - 2) {
        for x in 2..<(side - 2) {
          let difference = Double((answers[y * side + x] - picture.contrast).magnitude)
          worst = max(worst, difference / Double(picture.contrast.magnitude))
        }
      }
    }
    return worst
  }

  /// How much of pure noise a blur leaves, as a share of its deviation: a third, in theory.
  private func noiseLeftByBlur(
    _ random: CounterRandom, _ lab: Lab
  ) throws(ConvNetError) -> Double {
    let side = 96
    let noise = (0..<side * side).map { Float(random.normal(at: 1 << 40 + UInt64($0))) }
    let blurred = try lab.answers(of: .blur, to: noise, width: side, height: side)
    func deviation(_ numbers: [Float]) -> Double {
      let mean = numbers.reduce(0) { $0 + Double($1) } / Double(numbers.count)
      let squares = numbers.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      return (squares / Double(numbers.count)).squareRoot()
    }
    return deviation(blurred) / deviation(noise)
  }

  private struct Response {
    let kernel: NamedKernel
    let own: Int
    /// The strongest answers to the kinds of pictures, as shares of that to its own.
    let answers: [Double]
  }

  /// What each kernel answers to each kind of picture, all of the same contrast.
  private func responses(_ lab: Lab) throws(ConvNetError) -> [Response] {
    let side = DrawnPicture.side
    var rows: [Response] = []
    for (own, kind) in DrawnPicture.Kind.allCases.enumerated() where kind != .ramp {
      var strengths: [Double] = []
      for other in DrawnPicture.Kind.allCases {
        let random = CounterRandom(seed: 0, stream: "lab/kernels/cross")
        let picture = DrawnPicture(other, random, number: 0, noise: 0)
        // A ramp over the whole picture counts with its whole rise.
        let contrast =
          other == .ramp ? picture.contrast * Float(side - 1) : picture.contrast
        let pixels = picture.pixels.map { $0 / contrast.magnitude }
        let answers = try lab.answers(of: kind.kernel, to: pixels, width: side, height: side)
        strengths.append(Double(answers.map(\.magnitude).max() ?? 0))
      }
      let mine = max(strengths[own], 1e-12)
      rows.append(Response(kernel: kind.kernel, own: own, answers: strengths.map { $0 / mine }))
    }
    return rows
  }

  private func mapCount(_ lab: Lab) throws(ConvNetError) -> Int {
    let weight = Initializer.uniform(bound: 1).tensor(
      shape: [64, 3, 3, 3], name: "lab/kernels", seed: 0)
    return try lab.apply(Tensor([1, 3, 32, 32], repeating: 1)) {
      F.conv2d($0, weight: weight, padding: 1)
    }.shape[1]
  }

  // MARK: Tables and words

  private func crossTable(_ rows: [Response]) -> LabTable {
    LabTable(
      Bilingual(
        "Strongest answer to each drawn feature, as a share of the answer to the kernel's own",
        "对各种特征的最强响应，占对自己特征响应的比例"),
      [Bilingual("kernel", "卷积核")] + DrawnPicture.Kind.allCases.map(\.words),
      rows: rows.map { row in
        [.text(row.kernel.words)] + row.answers.map { .number($0, .percent) }
      })
  }

  private func hitTable(
    _ kinds: [DrawnPicture.Kind], _ hits: [DrawnPicture.Kind: [Double]], _ slopes: [Double],
    _ noiseLeft: [Double]
  ) -> LabTable {
    LabTable(
      Bilingual("What the kernels do", "各卷积核的作用"),
      [
        Bilingual("kernel", "卷积核"), Bilingual("looks for", "寻找"),
        Bilingual("measured", "测得"), Bilingual("value", "数值"),
      ],
      rows: kinds.map { kind in
        [
          .text(kind.kernel.words), .text(kind.kernel.purpose),
          .text(Bilingual("strongest answer at the right place", "最强响应在正确的位置")),
          .measured(Measurement(hits[kind] ?? []), .percent),
        ]
      } + [
        [
          .text(NamedKernel.gradient.words), .text(NamedKernel.gradient.purpose),
          .text(Bilingual("largest relative error of the slope", "斜率的最大相对误差")),
          .measured(Measurement(slopes), .significant(2)),
        ],
        [
          .text(NamedKernel.blur.words), .text(NamedKernel.blur.purpose),
          .text(
            Bilingual("deviation of noise left (theory: 1/3)", "噪声的标准差所剩比例（理论值 1/3）")),
          .measured(Measurement(noiseLeft), .decimals(3)),
        ],
      ])
  }

  private func findings(_ rows: [Response], _ noise: Measurement) -> [Bilingual] {
    var findings: [Bilingual] = []
    for row in rows {
      for (index, kind) in DrawnPicture.Kind.allCases.enumerated()
      where index != row.own && row.answers[index] > 0.5 {
        let share = LabFormat.percent.text(row.answers[index])
        findings.append(
          Bilingual(
            "The \(row.kernel.words.en) kernel also answers to a \(kind.words.en), with \(share) of "
              + "its answer to its own feature: within its small window of "
              + "\(row.kernel.size)×\(row.kernel.size) pixels the two look much alike. A kernel "
              + "measures likeness; it takes further layers to tell such things apart.",
            "“\(row.kernel.words.zh)”核对\(kind.words.zh)也有响应，为对自己特征响应的 \(share)：在它 "
              + "\(row.kernel.size)×\(row.kernel.size) 的小窗口里，两者十分相像。卷积核量的是相似程度，"
              + "要区分它们还需要后面的层。"))
      }
    }
    findings.append(
      Bilingual(
        "The sign says which way: the edge kernels answer with plus where it becomes brighter to the "
          + "right or downwards (red in the maps) and with minus where it becomes darker (blue).",
        "符号表示方向：边缘核在向右或向下变亮处为正（图中红色），变暗处为负（蓝色）。"))
    findings.append(
      Bilingual(
        "A blur leaves \(LabFormat.decimals(3).text(noise)) of the noise's deviation; the mean of nine "
          + "independent numbers should leave 1/3.",
        "模糊后噪声的标准差剩下 \(LabFormat.decimals(3).text(noise))；九个独立数的平均理论上应剩 1/3。"))
    return findings
  }

  // MARK: A photo

  private func addPictures(to report: inout LabReport, _ lab: Lab) throws(ConvNetError) {
    var source = lab.photo
    if source == nil, let data = lab.data {
      source = try data.test.image(at: 0)
      report.data = data.words
    }
    guard let source else {
      throw ConvNetError(
        .notFound, "the experiment 'kernels' needs a picture to look at",
        advice: "name a photo with --photo, or a data set with --data")
    }
    let isOwn = lab.photo != nil
    let side = min(224, min(source.width, source.height))
    var photo = source.converted(to: .gray)
    if photo.width > 2 * side || photo.height > 2 * side || min(photo.width, photo.height) > side {
      photo = try photo.resized(shorterSide: side)
      photo = try photo.centerCropped(
        width: min(photo.width, 2 * side), height: min(photo.height, 2 * side))
    }
    let (width, height) = (photo.width, photo.height)
    let pixels = photo.pixels.map { Float($0) / 255 }
    var pictures = [
      ResponseMap.picture(
        photo, caption: Bilingual("the picture, in grey", "原图（灰度）"))
    ]
    for kernel in NamedKernel.all {
      let answers = try lab.answers(of: kernel, to: pixels, width: width, height: height)
      let caption =
        kernel.words + Bilingual(": ", "：") + kernel.purpose
        + Bilingual(
          same: " [\(LabFormat.significant(3).text(Double(answers.min() ?? 0))), "
            + "\(LabFormat.significant(3).text(Double(answers.max() ?? 0)))]")
      if kernel.isFilter {
        let shown = try Image(Tensor([1, height, width], answers))
        pictures.append(ResponseMap.picture(shown, caption: caption))
      } else {
        pictures.append(
          ResponseMap.picture(
            answers, width: width, height: height, caption: caption,
            marks: strongest(answers, width: width, height: height)))
      }
    }
    report.figures = [
      .gallery(
        title: isOwn
          ? Bilingual("Your photo through six kernels", "你的照片经过六个卷积核")
          : Bilingual("A picture through six kernels", "一张图经过六个卷积核"),
        note: Bilingual(
          "Red: the kernel finds what it looks for; blue: the opposite; grey: nothing. Rings: the "
            + "three strongest answers. In brackets the range of the answers, for brightness from 0 "
            + "to 1.",
          "红：找到了要找的；蓝：正好相反；灰：没有。圆圈：最强的三处响应。方括号内是响应的范围（亮度取 0 到 1）。"),
        pictures: pictures)
    ]
    if isOwn {
      report.method.append(
        Bilingual(
          "The photo, \(lab.photoName), was made grey and \(width)×\(height) pixels large.",
          "照片 \(lab.photoName) 先转为灰度，大小为 \(width)×\(height) 像素。"))
    }
  }

  /// The three strongest answers that are not close to each other.
  private func strongest(
    _ answers: [Float], width: Int, height: Int
  ) -> [(x: Double, y: Double)] {
    let order = answers.indices.sorted {
      answers[$0].magnitude != answers[$1].magnitude
        ? answers[$0].magnitude > answers[$1].magnitude : $0 < $1
    }
    let apart = max(3, width / 6)
    var places: [(x: Int, y: Int)] = []
    for index in order where places.count < 3 {
      let (x, y) = (index % width, index / width)
      if places.allSatisfy({ abs($0.x - x) >= apart || abs($0.y - y) >= apart }) {
        places.append((x, y))
      }
    }
    return places.map { (x: Double($0.x) + 0.5, y: Double($0.y) + 0.5) }
  }
}
