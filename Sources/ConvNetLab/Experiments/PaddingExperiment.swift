internal import ConvNet
internal import ConvNetFormats
package import ConvNetGraph

/// S5: what a ring of zeros around the picture does to size, border and accuracy.
package struct PaddingExperiment: Experiment {
  package let name = "padding"
  package let row = "S5"
  package let title = Bilingual("padding", "填充")
  package let claim = Bilingual(
    "Without padding the output shrinks; with padding 1 a 3×3 window keeps the size.",
    "不填充时输出会变小；填充 1 时 3×3 的窗口保持尺寸不变。")
  package let question = Bilingual(
    "What does padding keep, and what does it do at the border?", "填充保住了什么，又给边缘带来了什么？")

  package init() {}

  private static let layers = 4
  private static let epochs = 3

  package func run(_ lab: Lab) throws(ConvNetError) -> LabReport {
    var report = LabReport(self)
    let data = try lab.pictures()
    let epochs = lab.scale.epochs(PaddingExperiment.epochs)
    report.data = data.words
    lab.expect(2 * lab.seeds.count)
    let shape = data.inputShape
    guard min(shape[1], shape[2]) > 2 * PaddingExperiment.layers + 4 else {
      throw ConvNetError(
        .invalidData,
        "pictures of \(shape[1])×\(shape[2]) pixels are too small for this experiment",
        reason: "four windows of 3×3 without padding need at least 13 pixels")
    }
    var series: [TrialSeries] = []
    for padding in [0, 1] {
      series.append(
        try lab.series("padding \(padding)", on: data, TrialSettings(epochs: epochs)) {
          PaddingExperiment.network(padding: padding, for: data)
        })
    }
    let (kept, shrunk, sizes) = try sizesKept(lab)
    let rings = try [0, 1].map { (padding) throws(ConvNetError) in
      try series[padding].trials.map { (trial) throws(ConvNetError) in
        try changedRing(trial, data, lab)
      }
    }
    let plain = rings[0].count { $0 == 0 }
    let widest = Measurement(rings[1].map(Double.init))
    report.checks = [
      .always(
        Bilingual(
          "with K = 3, P = 1 the size stays (sizes 3 to 64)", "K = 3，P = 1 时尺寸不变（尺寸 3 到 64）"),
        right: kept, of: sizes),
      .always(
        Bilingual(
          "with K = 3, P = 0 two pixels are lost per layer", "K = 3，P = 0 时每层少两个像素"),
        right: shrunk, of: sizes),
      .always(
        Bilingual(
          "without padding an even picture gives even maps in trained networks",
          "不填充时，纯色图像在训练好的网络里给出处处相同的特征图"),
        right: plain, of: rings[0].count, isMain: false),
      .limit(
        Bilingual(
          "with padding the border of an even picture answers differently: rings of cells behind "
            + "\(PaddingExperiment.layers) layers",
          "填充后，纯色图像的边缘响应不同：经过 \(PaddingExperiment.layers) 层后受影响的圈数"),
        widest, .atLeast(1), .decimals(1), isMain: false),
      .notLower(
        Bilingual(
          "accuracy with padding is not below that without", "有填充的准确率不低于无填充的"),
        series[1].accuracy, than: series[0].accuracy, isMain: false),
    ]
    report.tables = [
      table(series, data), try coverage(data, lab),
    ]
    report.figures = [
      .plot(
        DotPlot(
          title: Bilingual("Accuracy on test pictures", "测试图像上的准确率"),
          note: Bilingual(
            "Four 3×3 layers, which differ in the padding only.", "四个 3×3 层，只有填充不同。"),
          label: Bilingual("accuracy", "准确率"),
          rows: [0, 1].map {
            (Bilingual("padding \($0)", "填充 \($0)"), series[$0].accuracy)
          })),
      .plot(try profile(series, data, lab)), try evenPicture(series, data, lab),
    ]
    report.findings = findings(series, rings, data)
    report.method = [
      Bilingual(
        "The network: \(PaddingExperiment.layers) 3×3 convolutions with 16 channels, each followed "
          + "by batch norm and ReLU; average pooling to 4×4; one linear layer.",
        "网络：\(PaddingExperiment.layers) 个 16 通道的 3×3 卷积，各接批归一化和 ReLU；平均池化到 4×4；一个全连接层。"),
      TrialSettings.words(epochs),
      Bilingual(
        "The border effect: an even grey picture was put into the trained networks. Wherever the last "
          + "map differs from its middle by more than a thousandth of its range, only padding can be "
          + "the cause.",
        "边缘效应：把一张纯灰的图像送入训练好的网络。最后的特征图若与中心相差超过其范围的千分之一，原因只能是填充。"),
    ]
    return report
  }

  static func network(padding: Int, for data: LabData) -> Sequential {
    var modules: [(name: String, module: any Module)] = []
    for layer in 1...layers {
      modules += [
        (
          "conv\(layer)",
          Conv2d(
            inChannels: layer == 1 ? data.inputShape[0] : 16, outChannels: 16, kernelSize: 3,
            padding: padding)
        ),
        ("bn\(layer)", BatchNorm2d(16)), ("relu\(layer)", ReLU()),
      ]
    }
    modules += [
      ("pool", AdaptiveAvgPool2d(4)), ("flatten", Flatten()),
      ("fc", Linear(16 * 16, data.classNames.count)),
    ]
    return Sequential(named: modules)
  }

  private func sizesKept(_ lab: Lab) throws(ConvNetError) -> (kept: Int, shrunk: Int, of: Int) {
    var (kept, shrunk) = (0, 0)
    let sizes = 3...64
    for size in sizes {
      for padding in [0, 1] {
        let output = try lab.apply(Tensor([1, 1, size, size], repeating: 1)) {
          F.conv2d($0, weight: Tensor([1, 1, 3, 3], repeating: 1), padding: padding)
        }
        if padding == 1, output.shape[2] == size { kept += 1 }
        if padding == 0, output.shape[2] == size - 2 { shrunk += 1 }
      }
    }
    return (kept, shrunk, sizes.count)
  }

  private static let lastMap = "relu\(layers)"

  /// A grey picture without any detail.
  private func grey(_ data: LabData) throws(ConvNetError) -> MemoryImages {
    let shape = data.inputShape
    let image = try Image(
      width: shape[2], height: shape[1], channels: shape[0],
      pixels: [UInt8](repeating: 128, count: shape.count))
    return MemoryImages([image], classes: [0], classNames: data.classNames)
  }

  /// How many rings of cells, counted from the border, differ from the middle for an even picture.
  private func changedRing(
    _ trial: Trial, _ data: LabData, _ lab: Lab
  ) throws(ConvNetError) -> Int {
    let maps = try lab.activations(
      of: trial.model, at: [PaddingExperiment.lastMap], for: grey(data))[0]
    let (channels, height, width) = (maps.shape[1], maps.shape[2], maps.shape[3])
    let numbers = maps.elements
    let range = Double((numbers.max() ?? 0) - (numbers.min() ?? 0))
    var rings = 0
    for channel in 0..<channels {
      let plane = channel * height * width
      let middle = numbers[plane + height / 2 * width + width / 2]
      for y in 0..<height {
        for x in 0..<width {
          let difference = Double((numbers[plane + y * width + x] - middle).magnitude)
          guard difference > max(1e-3 * range, 1e-5) else { continue }
          rings = max(rings, 1 + min(y, x, height - 1 - y, width - 1 - x))
        }
      }
    }
    return rings
  }

  // MARK: What is shown

  private func table(_ series: [TrialSeries], _ data: LabData) -> LabTable {
    let sizes = series.map { trials -> [String] in
      let graph = trials.trials[0].model.graph
      return (1...PaddingExperiment.layers).map { layer in
        graph.nodes.first { $0.name == "conv\(layer)" }.map {
          "\(graph.shape($0.outputs[0])[2])"
        } ?? ""
      }
    }
    return LabTable(
      Bilingual("With and without padding", "有填充与无填充"),
      [
        Bilingual("padding", "填充"), Bilingual("map sizes, layer by layer", "各层特征图的尺寸"),
        Bilingual("multiply-adds per picture", "每张图的乘加次数"), Bilingual("accuracy", "准确率"),
        Bilingual("training time", "训练用时"),
      ],
      rows: [0, 1].map { padding in
        [
          .number(Double(padding), .whole),
          .name(
            "\(data.inputShape[1]) → " + sizes[padding].joined(separator: " → ")),
          .number(Double(series[padding].trials[0].model.graph.multiplyAdds), .whole),
          .measured(series[padding].accuracy, .percent), .time(series[padding].seconds),
        ]
      })
  }

  /// Into how many windows of a layer a pixel falls.
  private func coverage(_ data: LabData, _ lab: Lab) throws(ConvNetError) -> LabTable {
    let side = data.inputShape[1]
    var table = LabTable(
      Bilingual("Windows that look at a pixel", "看到某个像素的窗口数"),
      [
        Bilingual("padding", "填充"), Bilingual("corner", "角"), Bilingual("edge", "边"),
        Bilingual("middle", "中间"),
      ])
    for padding in [0, 1] {
      let output = side - 2 + 2 * padding
      let counts = try lab.apply(Tensor([1, 1, output, output], repeating: 1)) { value in
        F.convTranspose2d(
          value, weight: value.constant(Tensor([1, 1, 3, 3], repeating: 1)), padding: padding)
      }.elements
      let cells = [0, side / 2, side / 2 * side + side / 2].map {
        LabCell.number(Double(counts[$0]), .whole)
      }
      table.rows.append([.number(Double(padding), .whole)] + cells)
    }
    return table
  }

  /// The mean activation at each distance from the border, as a share of that in the middle.
  private func profile(
    _ series: [TrialSeries], _ data: LabData, _ lab: Lab
  ) throws(ConvNetError) -> LinePlot {
    var curves: [LinePlot.Series] = []
    let pictures = data.test.prefix(200)
    for padding in [0, 1] {
      var profiles: [[Double]] = []
      for trial in series[padding].trials {
        let maps = try lab.activations(
          of: trial.model, at: [PaddingExperiment.lastMap], for: pictures)[0]
        profiles.append(ringMeans(maps))
      }
      let count = profiles.map(\.count).min() ?? 0
      curves.append(
        LinePlot.Series(
          Bilingual("padding \(padding)", "填充 \(padding)"),
          (0..<count).map { ring in
            (Double(ring), Measurement(profiles.map { $0[ring] }))
          }))
    }
    return LinePlot(
      title: Bilingual("Mean activation from the border inwards", "由边缘向内的平均激活"),
      note: Bilingual(
        "Last map for 200 test pictures, as a share of the mean of the whole map. Where the pictures "
          + "are dark at the border, that shows too; the even picture below shows the padding alone.",
        "200 张测试图像的最后一张特征图，以整图平均为 1。图像边缘本来较暗时也会反映出来；下面的纯色图只反映填充。"),
      xLabel: Bilingual("cells from the border", "离边缘的格数"),
      yLabel: Bilingual("activation / mean", "激活 / 平均"), series: curves, xFormat: .whole,
      yFormat: .decimals(3))
  }

  private func ringMeans(_ maps: Tensor) -> [Double] {
    let (height, width) = (maps.shape[2], maps.shape[3])
    var (sums, counts) = ([Double](repeating: 0, count: 64), [Double](repeating: 0, count: 64))
    let numbers = maps.elements
    for (index, number) in numbers.enumerated() {
      let (y, x) = (index / width % height, index % width)
      let ring = min(63, min(y, x, height - 1 - y, width - 1 - x))
      sums[ring] += Double(number)
      counts[ring] += 1
    }
    let mean = sums.reduce(0, +) / max(1, counts.reduce(0, +))
    return (0..<min(64, (min(height, width) + 1) / 2)).map {
      mean == 0 ? 0 : sums[$0] / max(1, counts[$0]) / mean
    }
  }

  private func evenPicture(
    _ series: [TrialSeries], _ data: LabData, _ lab: Lab
  ) throws(ConvNetError) -> LabFigure {
    var pictures: [LabPicture] = []
    for padding in [0, 1] {
      let maps = try lab.activations(
        of: series[padding].trials[0].model, at: [PaddingExperiment.lastMap], for: grey(data))[0]
      let (channels, height, width) = (maps.shape[1], maps.shape[2], maps.shape[3])
      let numbers = maps.elements
      let mean = (0..<height * width).map { index in
        (0..<channels).reduce(Float(0)) { $0 + numbers[$1 * height * width + index] }
          / Float(channels)
      }
      let middle = mean[height / 2 * width + width / 2]
      pictures.append(
        ResponseMap.picture(
          mean.map { $0 - middle }, width: width, height: height,
          caption: Bilingual(
            "padding \(padding): \(height)×\(width) cells", "填充 \(padding)：\(height)×\(width) 格")))
    }
    return .gallery(
      title: Bilingual("An even grey picture, seen by the last layer", "一张纯灰图像在最后一层的样子"),
      note: Bilingual(
        "The mean of the channels less that in the middle: red more, blue less. With padding the "
          + "network can tell where the border is.",
        "各通道的平均值减去中心的值：红色更大，蓝色更小。有填充时网络能知道边缘在哪里。"), pictures: pictures)
  }

  private func findings(
    _ series: [TrialSeries], _ rings: [[Int]], _ data: LabData
  ) -> [Bilingual] {
    let side = data.inputShape[1]
    let left = side - 2 * PaddingExperiment.layers
    return [
      Bilingual(
        "Without padding \(PaddingExperiment.layers) layers turn \(side) pixels into \(left); after "
          + "\((side - 1) / 2) layers nothing larger than two pixels would be left.",
        "不填充时，\(PaddingExperiment.layers) 层把 \(side) 个像素变成 \(left) 个；经过 \((side - 1) / 2) 层后只剩不到"
          + "三个像素。"),
      Bilingual(
        "With padding the zeros leave a mark: an even picture differs up to "
          + "\(rings[1].max() ?? 0) cells from the border behind \(PaddingExperiment.layers) layers, one "
          + "more with every layer at most.",
        "填充的零会留下痕迹：经过 \(PaddingExperiment.layers) 层后，纯色图像在离边缘 \(rings[1].max() ?? 0) 格以内都不同，"
          + "每层至多再多一格。"),
      Bilingual(
        "Accuracy: \(LabFormat.percent.text(series[0].accuracy)) without, "
          + "\(LabFormat.percent.text(series[1].accuracy)) with padding.",
        "准确率：无填充 \(LabFormat.percent.text(series[0].accuracy))，有填充 "
          + "\(LabFormat.percent.text(series[1].accuracy))。"),
    ]
  }
}
