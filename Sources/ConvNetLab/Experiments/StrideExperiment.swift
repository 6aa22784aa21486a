internal import ConvNet
internal import ConvNetFormats
package import ConvNetGraph

/// S4: what a step of two pixels saves, and what it costs.
package struct StrideExperiment: Experiment {
  package let name = "stride"
  package let row = "S4"
  package let title = Bilingual("stride", "步幅")
  package let claim = Bilingual(
    "Stride 1 moves the window pixel by pixel and keeps the detail; stride 2 skips every second "
      + "position: the map has half the size, a fast way to a smaller picture.",
    "步幅为 1 时窗口逐像素移动，细节得以保留；步幅为 2 时隔一个位置取一次：特征图尺寸减半，是快速的下采样。")
  package let question = Bilingual(
    "What does stride 2 save, and which detail is lost?", "步幅 2 省下了什么，丢失了哪些细节？")

  package init() {}

  private static let strides = [1, 2, 4]
  private static let epochs = 4

  package func run(_ lab: Lab) throws(ConvNetError) -> LabReport {
    var report = LabReport(self)
    let data = try lab.pictures()
    let epochs = lab.scale.epochs(StrideExperiment.epochs)
    report.data = data.words
    lab.expect(StrideExperiment.strides.count * lab.seeds.count)

    var series: [TrialSeries] = []
    for stride in StrideExperiment.strides {
      series.append(
        try lab.series(
          "stride \(stride)", on: data, TrialSettings(epochs: epochs)
        ) { StrideExperiment.network(stride: stride, for: data) })
    }
    let losses = try StrideExperiment.strides.map { (stride) throws(ConvNetError) in
      try StrideExperiment.lossOfDetail(stride, data, lab)
    }
    let lines = try StrideExperiment.lostLines(lab)
    let work = series.map { Double($0.trials[0].model.graph.multiplyAdds) }
    let sizes = series.map { trials -> [Int] in
      let graph = trials.trials[0].model.graph
      return graph.nodes.first { $0.name == "conv1" }.map {
        graph.shape($0.outputs[0]).dimensions
      } ?? []
    }

    var halves = 0
    let tried = Array(stride(from: 4, through: 64, by: 2))
    for size in tried {
      let output = try lab.apply(Tensor([1, 1, size, size], repeating: 1)) {
        F.conv2d($0, weight: Tensor([1, 1, 3, 3], repeating: 1), stride: 2, padding: 1)
      }
      halves += output.shape == [1, 1, size / 2, size / 2] ? 1 : 0
    }
    report.checks = [
      .always(
        Bilingual(
          "stride 2 halves the size (K = 3, P = 1, even sizes 4 to 64)",
          "步幅 2 使尺寸减半（K = 3，P = 1，4 到 64 的偶数尺寸）"),
        right: halves, of: tried.count),
      .limit(
        Bilingual(
          "the network behind it has a quarter of the work: multiply-adds, as a share of stride 1",
          "后面网络的计算量约为四分之一：乘加次数占步幅 1 的比例"),
        Measurement([work[1] / work[0]]), .atMost(0.3), .percent),
      .limit(
        Bilingual(
          "stride 2 loses detail: share of a picture's variance that cannot be rebuilt from every "
            + "second pixel",
          "步幅 2 丢失细节：由隔一个像素的采样无法还原的方差比例"),
        Measurement([losses[1]]), .atLeast(0.01), .percent),
      .higher(
        Bilingual(
          "the detail that stride 1 keeps helps the answer: accuracy above that of stride 2",
          "步幅 1 保留的细节有助于判断：准确率高于步幅 2"),
        series[0].accuracy, than: series[1].accuracy, isMain: false),
    ]
    report.tables = [
      StrideExperiment.table(series, sizes, work, losses), lines.table,
    ]
    report.figures = [
      .plot(
        DotPlot(
          title: Bilingual("Accuracy on test pictures", "测试图像上的准确率"),
          note: Bilingual(
            "One dot per seed, a stroke for the mean. The networks differ only in the stride of the "
              + "first convolution.",
            "每个点是一个种子，竖线是平均值。各网络只在第一个卷积的步幅上不同。"),
          label: Bilingual("accuracy", "准确率"),
          rows: zip(StrideExperiment.strides, series).map {
            (Bilingual("stride \($0)", "步幅 \($0)"), $1.accuracy)
          })),
      .plot(StrideExperiment.curves(series, epochs: epochs)),
      try StrideExperiment.gallery(data, lab),
    ]
    report.findings = StrideExperiment.findings(series, work, losses)
    report.method = [
      Bilingual(
        "The network: 3×3 convolution to 16 channels with the stride in question, 3×3 convolution to "
          + "32, each followed by batch norm and ReLU; average pooling to 7×7; one linear layer. The "
          + "last layer is the same for every stride.",
        "网络：步幅待测的 3×3 卷积到 16 通道，3×3 卷积到 32 通道，各接批归一化和 ReLU；平均池化到 7×7；一个全连接层。"
          + "最后一层对各步幅都相同。"),
      TrialSettings.words(epochs),
      Bilingual(
        "Lost detail: of \(StrideExperiment.detailCount(data)) test pictures every S-th pixel was "
          + "taken (a convolution with one cell) and the picture rebuilt by bilinear interpolation; "
          + "the mean squared error is compared with the pictures' variance.",
        "丢失的细节：对 \(StrideExperiment.detailCount(data)) 张测试图像每隔 S 个像素取一个（单格卷积），再用双线性插值"
          + "还原，均方误差与图像方差相比。"),
    ]
    return report
  }

  static func network(stride: Int, for data: LabData) -> Sequential {
    Sequential(named: [
      (
        "conv1",
        Conv2d(
          inChannels: data.inputShape[0], outChannels: 16, kernelSize: 3, stride: stride,
          padding: 1)
      ),
      ("bn1", BatchNorm2d(16)), ("relu1", ReLU()),
      ("conv2", Conv2d(inChannels: 16, outChannels: 32, kernelSize: 3, padding: 1)),
      ("bn2", BatchNorm2d(32)), ("relu2", ReLU()),
      ("pool", AdaptiveAvgPool2d(7)), ("flatten", Flatten()),
      ("fc", Linear(32 * 49, data.classNames.count)),
    ])
  }

  // MARK: Detail

  private static func detailCount(_ data: LabData) -> Int { min(200, data.test.count) }

  /// Pictures rebuilt from every S-th pixel, beside what was there, `[N, C, H', W']` each: the part
  /// between the first and the last pixel taken.
  private static func rebuilt(
    _ stride: Int, _ pictures: MemoryImages, _ data: LabData, _ lab: Lab
  ) throws(ConvNetError) -> (Tensor, Tensor) {
    let shape = data.inputShape
    let height = (shape[1] - 1) / stride * stride + 1
    let width = (shape[2] - 1) / stride * stride + 1
    let count = pictures.count * shape[0]
    let input = try lab.batch(pictures, data.preprocessing)
      .reshaped(to: [count, 1, shape[1], shape[2]])
    let result = try lab.apply(input) { value in
      let taken = F.conv2d(value, weight: Tensor([1, 1, 1, 1], repeating: 1), stride: stride)
      return F.interpolate(
        taken, size: Size2D(height: height, width: width), mode: .bilinear, alignCorners: true)
    }
    let pixels = input.elements
    let there = Tensor(uninitialized: [count, 1, height, width]) { target in
      for index in target.indices {
        let (row, column) = (index / width % height, index % width)
        let plane = index / (width * height) * shape[1] * shape[2]
        target[index] = pixels[plane + row * shape[2] + column]
      }
    }
    return (result, there)
  }

  private static func lossOfDetail(
    _ stride: Int, _ data: LabData, _ lab: Lab
  ) throws(ConvNetError) -> Double {
    let (result, there) = try rebuilt(stride, data.test.prefix(detailCount(data)), data, lab)
    let (a, b) = (result.elements, there.elements)
    let mean = b.reduce(0) { $0 + Double($1) } / Double(max(1, b.count))
    var (error, variance) = (0.0, 0.0)
    for (first, second) in zip(a, b) {
      error += Double(first - second) * Double(first - second)
      variance += (Double(second) - mean) * (Double(second) - mean)
    }
    return variance > 0 ? error / variance : 0
  }

  /// In which share of places a line of one pixel leaves no trace at all.
  private static func lostLines(_ lab: Lab) throws(ConvNetError) -> (
    table: LabTable, shares: [Double]
  ) {
    let side = 24
    var table = LabTable(
      Bilingual("Lines of one pixel that leave no trace", "不留痕迹的单像素线"),
      [Bilingual("kernel", "卷积核")] + strides.map { Bilingual("stride \($0)", "步幅 \($0)") })
    var shares: [Double] = []
    for kernel in [1, 3] {
      var row: [LabCell] = [.name("\(kernel)×\(kernel)")]
      for stride in strides {
        var lost = 0
        for column in 0..<side {
          let input = Tensor(uninitialized: [1, 1, side, side]) { pixels in
            for index in pixels.indices { pixels[index] = index % side == column ? 1 : 0 }
          }
          let output = try lab.apply(input) {
            F.conv2d(
              $0, weight: Tensor([1, 1, kernel, kernel], repeating: 1), stride: stride,
              padding: kernel / 2)
          }
          lost += output.elements.allSatisfy { $0 == 0 } ? 1 : 0
        }
        shares.append(Double(lost) / Double(side))
        row.append(.number(Double(lost) / Double(side), .percent))
      }
      table.rows.append(row)
    }
    return (table, shares)
  }

  // MARK: What is shown

  private static func table(
    _ series: [TrialSeries], _ sizes: [[Int]], _ work: [Double], _ losses: [Double]
  ) -> LabTable {
    LabTable(
      Bilingual("Stride of the first convolution", "第一个卷积的步幅"),
      [
        Bilingual("stride", "步幅"), Bilingual("map behind it", "其后的特征图"),
        Bilingual("multiply-adds per picture", "每张图的乘加次数"),
        Bilingual("variance lost", "丢失的方差"), Bilingual("accuracy", "准确率"),
        Bilingual("training time", "训练用时"),
      ],
      rows: strides.indices.map { index in
        [
          .number(Double(strides[index]), .whole),
          .name(sizes[index].dropFirst().map(String.init).joined(separator: "×")),
          .number(work[index], .whole), .number(losses[index], .percent),
          .measured(series[index].accuracy, .percent), .time(series[index].seconds),
        ]
      })
  }

  private static func curves(_ series: [TrialSeries], epochs: Int) -> LinePlot {
    LinePlot(
      title: Bilingual("Accuracy while learning", "学习过程中的准确率"),
      note: Bilingual(
        "Judged by the validation pictures after each epoch: the mean, and the range between the seeds.",
        "每轮之后用验证图像评判：线为平均值，带为各种子的范围。"),
      xLabel: Bilingual("epoch", "轮"), yLabel: Bilingual("accuracy", "准确率"),
      series: zip(strides, series).map { stride, trials in
        LinePlot.Series(
          Bilingual("stride \(stride)", "步幅 \(stride)"),
          (1...epochs).map { (Double($0), trials.validation(epoch: $0)) })
      }, xFormat: .whole, ticksAtPoints: epochs <= 10)
  }

  private static func gallery(_ data: LabData, _ lab: Lab) throws(ConvNetError) -> LabFigure {
    var pictures: [LabPicture] = []
    let shown = data.test.prefix(3)
    for index in 0..<shown.count {
      let single = MemoryImages(
        [try shown.image(at: index)], classes: [shown.label(at: index)],
        classNames: shown.classNames)
      let label = data.classNames[shown.label(at: index)]
      for stride in strides {
        let (result, _) = try rebuilt(stride, single, data, lab)
        let shape = result.shape
        // The numbers become brightness again.
        let preparation = data.preprocessing
        var pixels = result.elements
        let plane = shape[2] * shape[3]
        for position in pixels.indices {
          let channel = position / plane
          pixels[position] =
            pixels[position] * Float(preparation.standardDeviation[channel])
            + Float(preparation.mean[channel])
        }
        let image = try Image(Tensor([shape[0], shape[2], shape[3]], pixels))
        pictures.append(
          ResponseMap.picture(
            image,
            caption: Bilingual(
              "\(label), every \(stride == 1 ? "pixel" : stride == 2 ? "second pixel" : "fourth pixel")",
              "\(label)，\(stride == 1 ? "每个像素" : "每 \(stride) 个像素取一个")")))
      }
    }
    return .gallery(
      title: Bilingual("What is left of a picture", "图像还剩下什么"),
      note: Bilingual(
        "Rebuilt from the pixels that a window of one cell visits.", "由单格窗口经过的像素还原而成。"),
      pictures: pictures)
  }

  private static func findings(
    _ series: [TrialSeries], _ work: [Double], _ losses: [Double]
  ) -> [Bilingual] {
    let difference = series[0].accuracy - series[1].accuracy
    let share = LabFormat.percent.text(work[1] / work[0])
    var findings = [
      Bilingual(
        "With stride 2 the network needs \(share) of the multiply-adds; its accuracy is "
          + "\(LabFormat.percent.text(series[1].accuracy)) against "
          + "\(LabFormat.percent.text(series[0].accuracy)) with stride 1.",
        "步幅 2 的网络只需 \(share) 的乘加；准确率为 \(LabFormat.percent.text(series[1].accuracy))，步幅 1 为 "
          + "\(LabFormat.percent.text(series[0].accuracy))。"),
      Bilingual(
        "A window of 3×3 at stride 2 still touches every pixel, so a thin line is never lost wholly, "
          + "only blurred; a window of one cell at stride 2 misses every second line.",
        "3×3 的窗口在步幅 2 时仍碰到每个像素，细线不会完全丢失，只是变模糊；单格窗口在步幅 2 时会漏掉一半的线。"),
    ]
    if !difference.isClearlyPositive(margin: Check.margin) {
      findings.append(
        Bilingual(
          "More detail did not clearly mean a better answer here: behind stride 2 every window sees "
            + "twice as much of the picture, which a shallow network needs too.",
          "在这里细节更多并没有明显带来更高的准确率：步幅 2 之后每个窗口看到的范围也大了一倍，浅的网络同样需要它。"))
    }
    return findings
  }
}
