internal import ConvNet
internal import ConvNetFormats
package import ConvNetGraph

/// S10: what more layers bring, and what each of them knows.
package struct DepthExperiment: Experiment {
  package let name = "depth"
  package let row = "S10"
  package let title = Bilingual("depth", "深度")
  package let claim = Bilingual(
    "First layers see colours and edges, later ones corners and lines, then parts, then whole things: "
      + "each layer's features say more, and depth gives deep learning its name.",
    "前面的层看到颜色和边缘，后面的看到角和线条，再后是局部结构，最后是整体：每一层的特征都说得更多，“深度学习”因深度得名。")
  package let question = Bilingual(
    "Does every further layer know more?", "每多一层，知道的就更多吗？")

  package init() {}

  private static let depths = [1, 2, 3, 4, 6]
  private static let epochs = 3
  static let width = 16

  /// Layers of features, and an answer that reads the mean of each feature.
  struct Net: Module {
    let features: Sequential
    let head: Sequential

    init(features: Sequential, classes: Int) {
      self.features = features
      head = Sequential(named: [
        ("gap", GlobalAvgPool2d()), ("flatten", Flatten()), ("fc", Linear(width, classes)),
      ])
    }

    func forward(_ input: Value) -> Value { head(features(input)) }
  }

  package func run(_ lab: Lab) throws(ConvNetError) -> LabReport {
    var report = LabReport(self)
    let data = try lab.pictures()
    let epochs = lab.scale.epochs(DepthExperiment.epochs)
    report.data = data.words
    let depths = DepthExperiment.depths
    let deepest = depths[depths.count - 1]
    lab.expect((depths.count + deepest) * lab.seeds.count)

    let series = try depths.map { (depth) throws(ConvNetError) in
      try lab.series("depth \(depth)", on: data, TrialSettings(epochs: epochs)) {
        DepthExperiment.network(depth, for: data)
      }
    }
    let probes = try (1...deepest).map { (layer) throws(ConvNetError) in
      try probe(layer, of: series[depths.count - 1], data, lab)
    }
    let model = series[depths.count - 1].trials[0].model
    let fields = try (1...deepest).map { (layer) throws(ConvNetError) in
      try model.receptiveField(of: "features.relu\(layer)")?.height.size ?? 0
    }
    let accuracies = series.map(\.accuracy)
    let steps = zip(probes.dropFirst(), probes).map { $0 - $1 }
    report.checks = [
      .higher(
        Bilingual(
          "\(deepest) layers reach a higher accuracy than one", "\(deepest) 层的准确率高于一层"),
        accuracies[depths.count - 1], than: accuracies[0]),
      .higher(
        Bilingual(
          "the last layer's features say more than the first one's (accuracy of a linear answer)",
          "最后一层的特征比第一层说得更多（线性判断的准确率）"),
        probes[deepest - 1], than: probes[0]),
      Check(
        Bilingual(
          "every layer says more than the one before it: smallest gain",
          "每一层都比前一层说得更多：最小的增益"),
        rule: Bilingual("above 0 on the average", "平均大于 0"),
        measured: Bilingual(same: LabFormat.points.text(steps.map(\.mean).min() ?? 0)),
        isMet: steps.allSatisfy { $0.mean > 0 }),
      .always(
        Bilingual("every layer sees more of the picture", "每一层看到的范围都更大"),
        right: zip(fields.dropFirst(), fields).count { $0 > $1 }, of: deepest - 1, isMain: false),
      .higher(
        Bilingual(
          "\(deepest) layers reach a higher accuracy than \(depths[depths.count - 2])",
          "\(deepest) 层的准确率高于 \(depths[depths.count - 2]) 层"),
        accuracies[depths.count - 1], than: accuracies[depths.count - 2], isMain: false),
    ]
    report.tables = [
      networkTable(series), layerTable(probes, steps, fields),
    ]
    report.figures = [
      .plot(
        plot(
          Bilingual("Accuracy by depth", "深度与准确率"),
          Bilingual("Each point is a network of its own.", "每个点是一个单独的网络。"),
          Bilingual("convolutions", "卷积层数"), depths, accuracies)),
      .plot(
        plot(
          Bilingual("What each layer knows", "每一层知道多少"),
          Bilingual(
            "A linear answer learned on the features of each layer of the deepest network, which stay "
              + "as they are.",
            "在最深网络每一层的特征上（特征保持不变）学习一个线性判断。"),
          Bilingual("layer", "层"), Array(1...deepest), probes)),
      try gallery(model, deepest, data, lab),
    ]
    let (one, most) = (accuracies[0], accuracies[depths.count - 1])
    report.findings = [
      Bilingual(
        "One convolution reaches \(LabFormat.percent.text(one)), \(deepest) reach "
          + "\(LabFormat.percent.text(most)).",
        "一个卷积达到 \(LabFormat.percent.text(one))，\(deepest) 个达到 \(LabFormat.percent.text(most))。"),
      Bilingual(
        "Layer by layer a linear answer gains "
          + steps.map { LabFormat.points.text($0) }.joined(separator: "; ") + " points.",
        "逐层的线性判断增益：" + steps.map { LabFormat.points.text($0) }.joined(separator: "；")
          + " 个百分点。"),
      Bilingual(
        "This measures how much the layers know, not what. What a layer looks for, edges or parts, "
          + "'convnet atlas' shows with the pictures that excite it most.",
        "这里量的是各层知道多少，而不是知道什么。某层寻找的是边缘还是局部结构，“convnet atlas”会用最能激发它的图像来展示。"),
    ]
    report.method = [
      Bilingual(
        "The networks: 3×3 convolutions with \(DepthExperiment.width) channels, each followed by batch "
          + "norm and ReLU, 2×2 max pooling behind the first one, global average pooling, one linear "
          + "layer. All have the same width, so that only depth differs.",
        "网络：\(DepthExperiment.width) 通道的 3×3 卷积，各接批归一化和 ReLU，第一个之后接 2×2 最大池化，全局平均池化，"
          + "一个全连接层。宽度都相同，只有深度不同。"),
      TrialSettings.words(epochs),
      Bilingual(
        "A layer's knowledge: the trained network is cut behind it, its weights are frozen, and a new "
          + "linear layer learns for an epoch from the mean of each feature.",
        "某层知道多少：把训练好的网络在其后截断，冻结权重，让一个新的全连接层用各特征的平均值学习一轮。"),
    ]
    return report
  }

  static func layers(_ depth: Int, channels: Int) -> Sequential {
    var modules: [(name: String, module: any Module)] = []
    for number in 1...max(1, depth) {
      modules += [
        (
          "conv\(number)",
          Conv2d(
            inChannels: number == 1 ? channels : width, outChannels: width, kernelSize: 3,
            padding: 1)
        ),
        ("bn\(number)", BatchNorm2d(width)), ("relu\(number)", ReLU()),
      ]
      if number == 1 { modules.append(("pool1", MaxPool2d(kernelSize: 2, stride: 2))) }
    }
    return Sequential(named: modules)
  }

  static func network(_ depth: Int, for data: LabData) -> Net {
    Net(
      features: layers(depth, channels: data.inputShape[0]), classes: data.classNames.count)
  }

  /// How well a linear answer on a layer's features does.
  private func probe(
    _ layer: Int, of series: TrialSeries, _ data: LabData, _ lab: Lab
  ) throws(ConvNetError) -> Measurement {
    var accuracies: [Double] = []
    for (seed, trial) in zip(lab.seeds, series.trials) {
      let features = trial.model.weights.filter { $0.name.hasPrefix("features.") }
      let settings = TrialSettings(
        epochs: 1, learningRate: 0.2, frozen: ["features."])
      let probe = try lab.train(
        DepthExperiment.network(layer, for: data), on: data, seed: seed, settings,
        title: "what layer \(layer) knows, seed \(seed)", start: Weights(features))
      accuracies.append(probe.accuracy)
    }
    return Measurement(accuracies)
  }

  // MARK: What is shown

  private func networkTable(_ series: [TrialSeries]) -> LabTable {
    var table = LabTable(
      Bilingual("Networks of different depth", "不同深度的网络"),
      [
        Bilingual("convolutions", "卷积层数"), Bilingual("parameters", "参数"),
        Bilingual("multiply-adds per picture", "每张图的乘加次数"),
        Bilingual("accuracy", "准确率"), Bilingual("training time", "训练用时"),
      ])
    for (depth, trials) in zip(DepthExperiment.depths, series) {
      let model = trials.trials[0].model
      table.rows.append([
        .count(depth), .count(model.parameterCount), .count(model.graph.multiplyAdds),
        .measured(trials.accuracy, .percent), .time(trials.seconds),
      ])
    }
    return table
  }

  private func layerTable(
    _ probes: [Measurement], _ steps: [Measurement], _ fields: [Double]
  ) -> LabTable {
    var table = LabTable(
      Bilingual("What each layer of the deepest network knows", "最深的网络中每一层知道多少"),
      [
        Bilingual("layer", "层"), Bilingual("receptive field", "感受野"),
        Bilingual("accuracy of a linear answer", "线性判断的准确率"),
        Bilingual("more than the layer before", "比前一层多"),
      ])
    for (index, probe) in probes.enumerated() {
      let gain: LabCell = index == 0 ? .name("–") : .measured(steps[index - 1], .points)
      table.rows.append([
        .count(index + 1), .number(fields[index], .whole), .measured(probe, .percent), gain,
      ])
    }
    return table
  }

  private func plot(
    _ title: Bilingual, _ note: Bilingual, _ label: Bilingual, _ xs: [Int], _ ys: [Measurement]
  ) -> LinePlot {
    LinePlot(
      title: title, note: note, xLabel: label, yLabel: Bilingual("accuracy", "准确率"),
      series: [
        LinePlot.Series(
          Bilingual("accuracy", "准确率"), zip(xs, ys).map { (Double($0), $1) })
      ], xFormat: .whole, ticksAtPoints: true)
  }

  /// The map of each layer that answers most to one picture.
  private func gallery(
    _ model: Model, _ deepest: Int, _ data: LabData, _ lab: Lab
  ) throws(ConvNetError) -> LabFigure {
    let picture = data.test.prefix(1)
    let names = (1...deepest).map { "features.relu\($0)" }
    var pictures = [
      ResponseMap.picture(
        try picture.image(at: 0), caption: Bilingual("the picture", "图像"))
    ]
    for (number, maps) in try lab.activations(of: model, at: names, for: picture).enumerated() {
      let plane = maps.shape[2] * maps.shape[3]
      let numbers = maps.elements
      let strongest =
        (0..<maps.shape[1]).max { first, second in
          func sum(_ channel: Int) -> Double {
            numbers[(channel * plane)..<((channel + 1) * plane)].reduce(0) { $0 + Double($1) }
          }
          return sum(first) < sum(second)
        } ?? 0
      pictures.append(
        ResponseMap.picture(
          Array(numbers[(strongest * plane)..<((strongest + 1) * plane)]),
          width: maps.shape[3], height: maps.shape[2],
          caption: Bilingual(
            "layer \(number + 1), channel \(strongest)", "第 \(number + 1) 层，通道 \(strongest)")))
    }
    return .gallery(
      title: Bilingual("One picture, layer by layer", "一张图，逐层看"),
      note: Bilingual(
        "The channel that answers most in each layer of the deepest network, first seed; brighter is "
          + "more.",
        "最深的网络（第一个种子）每层响应最强的通道，越亮越强。"), pictures: pictures)
  }
}
