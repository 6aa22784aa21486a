internal import ConvNet
internal import ConvNetFormats
package import ConvNetGraph

/// S9: what pooling saves and widens, and whether it makes small shifts harmless.
package struct PoolingExperiment: Experiment {
  package let name = "pooling"
  package let row = "S9"
  package let title = Bilingual("pooling", "池化")
  package let claim = Bilingual(
    "Pooling with a window of 2 and stride 2 halves the maps, by the maximum or by the mean. Later "
      + "layers have fewer parameters and a larger receptive field, and small shifts of the picture "
      + "matter less.",
    "窗口 2、步幅 2 的池化使特征图减半，取最大值或平均值。后面的层参数更少、感受野更大，图像的微小平移影响更小。")
  package let question = Bilingual(
    "What does pooling save, and does it forgive small shifts?", "池化省下什么？它能容忍微小的平移吗？")

  package init() {}

  private static let epochs = 3
  private static let shifts = [0, 1, 2, 3, 4]

  /// What stands between the convolutions.
  enum Kind: CaseIterable {
    case max, average, none

    var words: Bilingual {
      switch self {
      case .max: Bilingual("max pooling", "最大池化")
      case .average: Bilingual("average pooling", "平均池化")
      case .none: Bilingual("no pooling", "不池化")
      }
    }

    var module: (any Module)? {
      switch self {
      case .max: MaxPool2d(kernelSize: 2, stride: 2)
      case .average: AvgPool2d(kernelSize: 2, stride: 2)
      case .none: nil
      }
    }
  }

  package func run(_ lab: Lab) throws(ConvNetError) -> LabReport {
    var report = LabReport(self)
    let data = try lab.pictures()
    let epochs = lab.scale.epochs(PoolingExperiment.epochs)
    report.data = data.words
    lab.expect(Kind.allCases.count * lab.seeds.count)

    let moved = try shiftedPictures(data)
    var series: [TrialSeries] = []
    var atShift: [[Measurement]] = []
    for kind in Kind.allCases {
      let trials = try lab.series(
        kind.words.en, on: data, TrialSettings(epochs: epochs, learningRate: 0.02)
      ) {
        PoolingExperiment.network(kind, for: data)
      }
      series.append(trials)
      atShift.append(
        try moved.map { (parts) throws(ConvNetError) in
          Measurement(
            try trials.trials.map { (trial) throws(ConvNetError) in
              var sum = 0.0
              for part in parts {
                try lab.checkCancelled()
                sum += try lab.accuracy(of: trial.model, on: part)
              }
              return sum / Double(parts.count)
            })
        })
    }
    let graphs = series.map { $0.trials[0].model }
    let parameters = graphs.map { Double($0.parameterCount) }
    let fields = try graphs.map { (model) throws(ConvNetError) in
      try model.receptiveField(of: "relu3")?.height.size ?? 0
    }
    let halved = graphs.prefix(2).map { model in
      let graph = model.graph
      let before = graph.nodes.first { $0.name == "relu1" }.map { graph.shape($0.outputs[0])[2] }
      let behind = graph.nodes.first { $0.name == "pool1" }.map { graph.shape($0.outputs[0])[2] }
      return before.flatMap { before in behind.map { $0 == before / 2 } } ?? false
    }
    let two = PoolingExperiment.shifts.firstIndex(of: 2) ?? 0
    let losses = atShift.map { $0[two] - $0[0] }
    report.checks = [
      .always(
        Bilingual("the maps are halved", "特征图减半"), right: halved.count { $0 }, of: 2),
      .limit(
        Bilingual(
          "fewer parameters: as a share of those without pooling", "参数更少：占不池化时的比例"),
        Measurement([parameters[0] / parameters[2]]), .atMost(0.5), .percent),
      .limit(
        Bilingual(
          "a larger receptive field of the last convolution: times that without pooling",
          "最后一个卷积的感受野更大：为不池化时的倍数"),
        Measurement([fields[0] / max(1, fields[2])]), .atLeast(1.5), .decimals(2)),
      .higher(
        Bilingual(
          "max pooling forgives a shift of 2 pixels: it loses less accuracy than no pooling",
          "最大池化能容忍 2 个像素的平移：准确率的损失小于不池化"),
        losses[0], than: losses[2]),
      .higher(
        Bilingual(
          "average pooling too loses less accuracy by a shift of 2 pixels than no pooling",
          "平均池化在平移 2 个像素时的损失也小于不池化"),
        losses[1], than: losses[2], isMain: false),
      .notLower(
        Bilingual(
          "unshifted, max pooling is not below no pooling", "不平移时，最大池化不低于不池化"),
        atShift[0][0], than: atShift[2][0], isMain: false),
    ]
    report.tables = [
      table(series, parameters, fields), shiftTable(atShift),
    ]
    report.figures = [
      .plot(shiftPlot(atShift)),
      .plot(
        DotPlot(
          title: Bilingual("Accuracy on test pictures", "测试图像上的准确率"),
          note: Bilingual("Unshifted, all test pictures.", "未平移，全部测试图像。"),
          label: Bilingual("accuracy", "准确率"),
          rows: zip(Kind.allCases, series).map { ($0.words, $1.accuracy) })),
      try gallery(data),
    ]
    report.findings = findings(series, atShift, parameters, fields, two)
    report.method = [
      Bilingual(
        "The network: three 3×3 convolutions with 8, 16 and 16 channels, each followed by batch norm "
          + "and ReLU; the pooling in question behind the first two; one linear layer on all that is "
          + "left.",
        "网络：三个 3×3 卷积，8、16、16 通道，各接批归一化和 ReLU；前两个之后接待测的池化；一个全连接层读入剩下的全部。"),
      TrialSettings.words(epochs, learningRate: "0.02"),
      Bilingual(
        "The rate is lower than in the other experiments: without pooling the linear layer reads far more "
          + "numbers and does not learn reliably at 0.05, which would make the comparison unfair.",
        "学习率比其他实验低：不池化时全连接层要读入多得多的数，在 0.05 下学得不稳定，比较就不公平了。"),
      Bilingual(
        "Shifts: \(moved[0][0].count) test pictures moved by so many pixels to the left, to the right, "
          + "up and down; what comes in repeats the border. The accuracies of the four directions are "
          + "averaged. No network has seen shifted pictures while learning.",
        "平移：\(moved[0][0].count) 张测试图像分别向左、右、上、下移动若干像素，空出处重复边缘；四个方向的准确率取平均。"
          + "网络在学习时没有见过平移的图像。"),
    ]
    return report
  }

  static func network(_ kind: Kind, for data: LabData) -> Sequential {
    let shape = data.inputShape
    var modules: [(name: String, module: any Module)] = []
    var channels = shape[0]
    for (index, width) in [8, 16, 16].enumerated() {
      let number = index + 1
      modules += [
        (
          "conv\(number)",
          Conv2d(inChannels: channels, outChannels: width, kernelSize: 3, padding: 1)
        ),
        ("bn\(number)", BatchNorm2d(width)), ("relu\(number)", ReLU()),
      ]
      if number <= 2, let pool = kind.module { modules.append(("pool\(number)", pool)) }
      channels = width
    }
    let shrink = kind == .none ? 1 : 4
    modules += [
      ("flatten", Flatten()),
      (
        "fc",
        Linear(
          channels * (shape[1] / 2 * 2 / shrink) * (shape[2] / 2 * 2 / shrink),
          data.classNames.count)
      ),
    ]
    return Sequential(named: modules)
  }

  /// For each shift the test pictures, moved in the four directions.
  private func shiftedPictures(_ data: LabData) throws(ConvNetError) -> [[MemoryImages]] {
    let pictures = data.test.prefix(min(1000, data.test.count))
    return try PoolingExperiment.shifts.map { (shift) throws(ConvNetError) in
      guard shift > 0 else { return [pictures] }
      var parts: [MemoryImages] = []
      for (x, y) in [(shift, 0), (-shift, 0), (0, shift), (0, -shift)] {
        parts.append(
          try pictures.mapped { (image) throws(ConvNetError) in try image.shifted(x: x, y: y) })
      }
      return parts
    }
  }

  // MARK: What is shown

  private func table(
    _ series: [TrialSeries], _ parameters: [Double], _ fields: [Double]
  ) -> LabTable {
    LabTable(
      Bilingual("The same network with each pooling", "同一网络配不同的池化"),
      [
        Bilingual("pooling", "池化"), Bilingual("parameters", "参数"),
        Bilingual("multiply-adds per picture", "每张图的乘加次数"),
        Bilingual("receptive field of the last convolution", "最后一个卷积的感受野"),
        Bilingual("accuracy", "准确率"), Bilingual("training time", "训练用时"),
      ],
      rows: Kind.allCases.enumerated().map { index, kind in
        [
          .text(kind.words), .number(parameters[index], .whole),
          .number(Double(series[index].trials[0].model.graph.multiplyAdds), .whole),
          .number(fields[index], .whole), .measured(series[index].accuracy, .percent),
          .time(series[index].seconds),
        ]
      })
  }

  private func shiftTable(_ atShift: [[Measurement]]) -> LabTable {
    LabTable(
      Bilingual("Accuracy by shift in pixels", "各平移像素数下的准确率"),
      [Bilingual("pooling", "池化")]
        + PoolingExperiment.shifts.map { Bilingual(same: "\($0)") },
      rows: Kind.allCases.enumerated().map { index, kind in
        [.text(kind.words)] + atShift[index].map { .measured($0, .percent) }
      })
  }

  private func shiftPlot(_ atShift: [[Measurement]]) -> LinePlot {
    LinePlot(
      title: Bilingual("Accuracy for shifted pictures", "图像平移后的准确率"),
      note: Bilingual(
        "The flatter the curve, the less a shift matters. Mean of four directions; the band is the "
          + "range between the seeds.",
        "曲线越平，平移的影响越小。四个方向的平均；带为各种子的范围。"),
      xLabel: Bilingual("shift in pixels", "平移像素数"), yLabel: Bilingual("accuracy", "准确率"),
      series: Kind.allCases.enumerated().map { index, kind in
        LinePlot.Series(
          kind.words,
          zip(PoolingExperiment.shifts, atShift[index]).map { (Double($0), $1) })
      }, xFormat: .whole, ticksAtPoints: true)
  }

  private func gallery(_ data: LabData) throws(ConvNetError) -> LabFigure {
    let image = try data.test.image(at: 0)
    var pictures: [LabPicture] = []
    for shift in PoolingExperiment.shifts {
      pictures.append(
        ResponseMap.picture(
          try image.shifted(x: shift, y: 0),
          caption: Bilingual("\(shift) pixels to the right", "右移 \(shift) 个像素")))
    }
    return .gallery(
      title: Bilingual("A picture and its shifts", "一张图和它的平移"),
      note: Bilingual("To a person they are the same.", "在人看来它们是一样的。"), pictures: pictures)
  }

  private func findings(
    _ series: [TrialSeries], _ atShift: [[Measurement]], _ parameters: [Double],
    _ fields: [Double], _ two: Int
  ) -> [Bilingual] {
    let drops = atShift.map { LabFormat.points.text($0[two] - $0[0]) }
    let whole = LabFormat.whole
    return [
      Bilingual(
        "A shift of 2 pixels changes the accuracy by \(drops[0]) points with max pooling, "
          + "\(drops[1]) with average pooling, \(drops[2]) without.",
        "平移 2 个像素使准确率变化：最大池化 \(drops[0]) 个百分点，平均池化 \(drops[1])，不池化 \(drops[2])。"),
      Bilingual(
        "The linear layer reads what is left: \(whole.text(parameters[0])) parameters in all with "
          + "pooling, \(whole.text(parameters[2])) without. One number of the last convolution sees "
          + "\(whole.text(fields[0])) pixels a side against \(whole.text(fields[2])).",
        "全连接层读入剩下的全部：有池化时共 \(whole.text(parameters[0])) 个参数，不池化时 "
          + "\(whole.text(parameters[2])) 个。最后一个卷积的一个数看到边长 \(whole.text(fields[0])) 个像素的范围，不池化时为 "
          + "\(whole.text(fields[2])) 个。"),
      Bilingual(
        "Pooling alone does not make a network indifferent to shifts: all curves fall. Two poolings "
          + "round off steps of a few pixels at most, and the linear layer behind them still knows "
          + "where things were.",
        "单靠池化并不能使网络对平移无动于衷：各曲线都在下降。两次池化至多抹平几个像素，后面的全连接层仍然知道东西原来在哪里。"),
    ]
  }
}
