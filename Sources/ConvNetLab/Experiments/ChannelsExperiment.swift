internal import ConvNet
internal import ConvNetFormats
package import ConvNetGraph

/// S10: what more channels bring, and what they cost.
package struct ChannelsExperiment: Experiment {
  package let name = "channels"
  package let row = "S10"
  package let title = Bilingual("channels", "通道")
  package let claim = Bilingual(
    "Each kernel makes one feature map, and the maps stack into channels, more from layer to layer: "
      + "more channels hold more features.",
    "每个卷积核生成一张特征图，特征图叠成通道，逐层增多：通道越多，容纳的特征越多。")
  package let question = Bilingual(
    "How much do more channels bring, and at what price?", "通道增多带来多少好处，代价是什么？")

  package init() {}

  private static let widths = [2, 4, 8, 16, 32]
  private static let epochs = 3

  package func run(_ lab: Lab) throws(ConvNetError) -> LabReport {
    var report = LabReport(self)
    let data = try lab.pictures()
    let epochs = lab.scale.epochs(ChannelsExperiment.epochs)
    report.data = data.words
    let widths = ChannelsExperiment.widths
    lab.expect(widths.count * lab.seeds.count)
    let series = try widths.map { (width) throws(ConvNetError) in
      try lab.series("\(width) channels", on: data, TrialSettings(epochs: epochs)) {
        ChannelsExperiment.network(width, for: data)
      }
    }
    let accuracies = series.map(\.accuracy)
    let steps = zip(accuracies.dropFirst(), accuracies).map { $0 - $1 }
    let last = widths.count - 1
    let work = series.map { Double($0.trials[0].model.graph.multiplyAdds) }
    let parameters = series.map { Double($0.trials[0].model.parameterCount) }
    report.checks = [
      .higher(
        Bilingual(
          "\(widths[last]) channels reach a higher accuracy than \(widths[0])",
          "\(widths[last]) 个通道的准确率高于 \(widths[0]) 个"),
        accuracies[last], than: accuracies[0]),
      Check(
        Bilingual(
          "every doubling helps on the average: smallest gain", "每次翻倍平均都有好处：最小的增益"),
        rule: Bilingual("above 0", "大于 0"),
        measured: Bilingual(
          same: LabFormat.points.text(steps.map(\.mean).min() ?? 0)),
        isMet: steps.allSatisfy { $0.mean > 0 }),
      .always(
        Bilingual("so many kernels give so many maps", "有多少卷积核就有多少张特征图"),
        right: zip(widths, series).count { width, trials in
          let graph = trials.trials[0].model.graph
          return graph.nodes.first { $0.name == "conv1" }.map {
            graph.shape($0.outputs[0])[1] == width
          } ?? false
        }, of: widths.count, isMain: false),
      Check(
        Bilingual(
          "the gains shrink: the first doubling brings more than the last one",
          "增益递减：第一次翻倍比最后一次带来更多"),
        rule: Bilingual("a larger mean", "平均值更大"),
        measured: Bilingual(
          "\(LabFormat.points.text(steps[0])) against \(LabFormat.points.text(steps[steps.count - 1])) points",
          "\(LabFormat.points.text(steps[0]))，最后一次 \(LabFormat.points.text(steps[steps.count - 1])) 个百分点"
        ),
        isMet: steps[0].mean > steps[steps.count - 1].mean, isMain: false),
    ]
    report.tables = [
      LabTable(
        Bilingual("The same network with more and more channels", "同一网络，通道越来越多"),
        [
          Bilingual("channels of the three layers", "三层的通道数"), Bilingual("parameters", "参数"),
          Bilingual("multiply-adds per picture", "每张图的乘加次数"),
          Bilingual("accuracy", "准确率"), Bilingual("gain by doubling", "翻倍的增益"),
          Bilingual("training time", "训练用时"),
        ],
        rows: widths.indices.map { index in
          [
            .name("\(widths[index]), \(2 * widths[index]), \(4 * widths[index])"),
            .number(parameters[index], .whole), .number(work[index], .whole),
            .measured(accuracies[index], .percent),
            index == 0 ? .name("–") : .measured(steps[index - 1], .points),
            .time(series[index].seconds),
          ]
        })
    ]
    report.figures = [
      .plot(
        LinePlot(
          title: Bilingual("Accuracy by channels", "通道数与准确率"),
          note: Bilingual(
            "Channels of the first layer; the second and third have two and four times as many.",
            "横轴为第一层的通道数；第二、三层分别为其两倍和四倍。"),
          xLabel: Bilingual("channels", "通道"), yLabel: Bilingual("accuracy", "准确率"),
          series: [
            LinePlot.Series(
              Bilingual("accuracy", "准确率"), zip(widths, accuracies).map { (Double($0), $1) })
          ], xFormat: .whole, isXLogarithmic: true, ticksAtPoints: true)),
      .plot(
        LinePlot(
          title: Bilingual("The price", "代价"),
          note: Bilingual(
            "Twice the channels: nearly four times the multiply-adds and parameters, since every "
              + "channel of a layer looks at every channel before it.",
            "通道翻倍，乘加次数和参数约为四倍，因为每层的每个通道都要看前一层的所有通道。"),
          xLabel: Bilingual("channels", "通道"),
          yLabel: Bilingual("per picture / in all", "每张图 / 总计"),
          series: [
            LinePlot.Series(
              Bilingual("multiply-adds", "乘加次数"),
              zip(widths, work).map { (Double($0), Measurement([$1])) }),
            LinePlot.Series(
              Bilingual("parameters", "参数"),
              zip(widths, parameters).map { (Double($0), Measurement([$1])) }),
          ], xFormat: .whole, yFormat: .whole, isXLogarithmic: true, isYLogarithmic: true,
          ticksAtPoints: true)),
      kernels(series[3].trials[0].model),
    ]
    let first = LabFormat.percent.text(accuracies[0])
    report.findings = [
      Bilingual(
        "From \(first) with \(widths[0]) channels in the first layer to "
          + "\(LabFormat.percent.text(accuracies[last])) with \(widths[last]), for "
          + "\(LabFormat.whole.text(work[last] / work[0])) times the multiply-adds.",
        "第一层 \(widths[0]) 个通道时为 \(first)，\(widths[last]) 个时为 "
          + "\(LabFormat.percent.text(accuracies[last]))，乘加次数是前者的 "
          + "\(LabFormat.whole.text(work[last] / work[0])) 倍。"),
      Bilingual(
        "Each doubling: "
          + steps.map { LabFormat.points.text($0) }.joined(separator: "; ") + " points.",
        "各次翻倍：" + steps.map { LabFormat.points.text($0) }.joined(separator: "；") + " 个百分点。"),
    ]
    report.method = [
      Bilingual(
        "The network: three 3×3 convolutions with w, 2w and 4w channels, each followed by batch norm "
          + "and ReLU, 2×2 max pooling behind the first two, global average pooling, one linear layer.",
        "网络：三个 3×3 卷积，w、2w、4w 通道，各接批归一化和 ReLU，前两个之后接 2×2 最大池化，全局平均池化，一个全连接层。"),
      TrialSettings.words(epochs),
    ]
    return report
  }

  static func network(_ width: Int, for data: LabData) -> Sequential {
    var modules: [(name: String, module: any Module)] = []
    var channels = data.inputShape[0]
    for (index, count) in [width, 2 * width, 4 * width].enumerated() {
      let number = index + 1
      modules += [
        (
          "conv\(number)",
          Conv2d(inChannels: channels, outChannels: count, kernelSize: 3, padding: 1)
        ),
        ("bn\(number)", BatchNorm2d(count)), ("relu\(number)", ReLU()),
      ]
      if number <= 2 { modules.append(("pool\(number)", MaxPool2d(kernelSize: 2, stride: 2))) }
      channels = count
    }
    modules += [
      ("gap", GlobalAvgPool2d()), ("flatten", Flatten()),
      ("fc", Linear(channels, data.classNames.count)),
    ]
    return Sequential(named: modules)
  }

  /// What the first layer learned to look for.
  private func kernels(_ model: Model) -> LabFigure {
    var pictures: [LabPicture] = []
    if let weight = model.weights["conv1.weight"] {
      let (count, channels) = (weight.shape[0], weight.shape[1])
      let numbers = weight.elements
      for kernel in 0..<count {
        // The mean over the input's channels; grey pictures have one.
        let mean = (0..<9).map { cell in
          (0..<channels).reduce(Float(0)) { $0 + numbers[(kernel * channels + $1) * 9 + cell] }
            / Float(channels)
        }
        pictures.append(
          ResponseMap.picture(
            mean, width: 3, height: 3, caption: Bilingual("kernel \(kernel)", "卷积核 \(kernel)")))
      }
    }
    return .gallery(
      title: Bilingual("The kernels of the first layer, as they were learned", "第一层学到的卷积核"),
      note: Bilingual(
        "16 channels, first seed. Red counts for, blue against. Compare them with the named ones of "
          + "'convnet lab kernels': what is learned need not have a name.",
        "16 个通道，第一个种子。红为正，蓝为负。与“convnet lab kernels”中的命名卷积核比较：学到的不一定叫得出名字。"),
      pictures: pictures)
  }
}
