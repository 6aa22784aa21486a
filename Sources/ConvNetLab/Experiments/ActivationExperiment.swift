internal import ConvNet
internal import ConvNetFormats
package import ConvNetGraph

/// S7: what a stack without activations cannot learn, and that it is one layer only.
package struct ActivationExperiment: Experiment {
  package let name = "activation"
  package let row = "S7"
  package let title = Bilingual("activation", "激活函数")
  package let claim = Bilingual(
    "A convolution is linear, so a stack of them stays one weighted sum. ReLU, max(0, x), keeps the "
      + "important answers and makes the stack more than that; Sigmoid and Tanh serve special tasks.",
    "卷积是线性的，叠起来仍是一次加权求和。ReLU 即 max(0, x)，保留重要的响应，使网络不止于此；Sigmoid 和 Tanh 用于特殊任务。")
  package let question = Bilingual(
    "What can a stack without activations not learn?", "没有激活函数的网络学不会什么？")

  package init() {}

  private static let epochs = 4
  private static let riddleEpochs = 20

  /// What stands behind each layer.
  enum Kind: CaseIterable {
    case relu, sigmoid, tanh, none

    var words: Bilingual {
      switch self {
      case .relu: Bilingual(same: "ReLU")
      case .sigmoid: Bilingual(same: "Sigmoid")
      case .tanh: Bilingual(same: "Tanh")
      case .none: Bilingual("none", "无")
      }
    }

    var module: any Module {
      switch self {
      case .relu: ReLU()
      case .sigmoid: Sigmoid()
      case .tanh: Tanh()
      case .none: Identity()
      }
    }
  }

  package func run(_ lab: Lab) throws(ConvNetError) -> LabReport {
    var report = LabReport(self)
    let data = try lab.pictures()
    let epochs = lab.scale.epochs(ActivationExperiment.epochs)
    let riddleEpochs = lab.scale.epochs(ActivationExperiment.riddleEpochs)
    report.data = data.words
    lab.expect(2 * Kind.allCases.count * lab.seeds.count)
    let riddle = try SameOrDifferent.data(scale: lab.scale)

    var onData: [TrialSeries] = []
    var onRiddle: [TrialSeries] = []
    for kind in Kind.allCases {
      onData.append(
        try lab.series(kind.words.en, on: data, TrialSettings(epochs: epochs)) {
          ActivationExperiment.network(kind, for: data, width: 16)
        })
      onRiddle.append(
        try lab.series(
          "\(kind.words.en), same or different", on: riddle,
          TrialSettings(epochs: riddleEpochs, batch: 32)
        ) { ActivationExperiment.network(kind, for: riddle, width: 8) })
    }
    let collapse = try Kind.allCases.enumerated().map { (index, _) throws(ConvNetError) in
      Measurement(
        try onData[index].trials.map { (trial) throws(ConvNetError) in
          try ActivationExperiment.distanceFromOneLayer(trial.model, data, lab)
        })
    }
    let composed = Measurement(
      try lab.seeds.map { (seed) throws(ConvNetError) in
        try ActivationExperiment.twoAsOne(seed: seed, lab)
      })
    let linear = Kind.allCases.count - 1
    report.checks = [
      .limit(
        Bilingual(
          "two 3×3 convolutions are one of 5×5: largest relative difference",
          "两个 3×3 卷积等于一个 5×5 卷积：最大相对差"),
        composed, .atMost(1e-5), .significant(2)),
      .limit(
        Bilingual(
          "a trained stack without activations is one matrix and a bias: largest relative difference",
          "训练好的无激活网络就是一个矩阵加偏置：最大相对差"),
        collapse[linear], .atMost(1e-4), .significant(2)),
      .limit(
        Bilingual(
          "without activations 'same or different' cannot be learned beyond 75 %, the most that any "
            + "weighted sum reaches",
          "没有激活函数，“相同还是不同”学不过 75%，这是任何加权求和的上限"),
        onRiddle[linear].accuracy, .atMost(0.78), .percent),
      .limit(
        Bilingual("ReLU learns it", "ReLU 学得会"), onRiddle[0].accuracy, .atLeast(0.95), .percent),
      .higher(
        Bilingual(
          "on the pictures too ReLU is above the stack without activations",
          "在图像数据上，ReLU 也高于无激活的网络"),
        onData[0].accuracy, than: onData[linear].accuracy),
      .notLower(
        Bilingual("ReLU is not below Tanh", "ReLU 不低于 Tanh"), onData[0].accuracy,
        than: onData[2].accuracy, isMain: false),
      .notLower(
        Bilingual("ReLU is not below Sigmoid", "ReLU 不低于 Sigmoid"), onData[0].accuracy,
        than: onData[1].accuracy, isMain: false),
    ]
    let zeros = try Kind.allCases.indices.map { (index) throws(ConvNetError) in
      Measurement(
        try onData[index].trials.map { (trial) throws(ConvNetError) in
          // No activation is no layer: what the convolution puts out passes on as it is.
          let layer = Kind.allCases[index] == .none ? "conv1" : "act1"
          let maps = try lab.activations(
            of: trial.model, at: [layer], for: data.test.prefix(100))[0]
          return TensorStatistics(maps).zeros
        })
    }
    report.tables = [
      LabTable(
        Bilingual("The same network with each activation", "同一网络配不同的激活函数"),
        [
          Bilingual("activation", "激活函数"), Bilingual("accuracy on the pictures", "图像准确率"),
          Bilingual("accuracy on 'same or different'", "“相同还是不同”准确率"),
          Bilingual("zeros behind the first layer", "第一层之后的零"),
          Bilingual("distance from one matrix", "与单个矩阵的距离"),
          Bilingual("training time", "训练用时"),
        ],
        rows: Kind.allCases.enumerated().map { index, kind in
          [
            .text(kind.words), .measured(onData[index].accuracy, .percent),
            .measured(onRiddle[index].accuracy, .percent), .measured(zeros[index], .percent),
            .measured(collapse[index], .significant(2)), .time(onData[index].seconds),
          ]
        })
    ]
    report.figures = [
      .plot(
        DotPlot(
          title: Bilingual("'Same or different'", "“相同还是不同”"),
          note: Bilingual(
            "Are both halves of the picture equally bright? Without activations 75 % is the limit; "
              + "guessing gives 50 %.",
            "图像两半一样亮吗？没有激活函数时上限是 75%，瞎猜是 50%。"),
          label: Bilingual("accuracy", "准确率"),
          rows: zip(Kind.allCases, onRiddle).map { ($0.words, $1.accuracy) })),
      .plot(
        DotPlot(
          title: Bilingual("The pictures", "图像数据"),
          note: Bilingual("Test pictures of the data set.", "数据集的测试图像。"),
          label: Bilingual("accuracy", "准确率"),
          rows: zip(Kind.allCases, onData).map { ($0.words, $1.accuracy) })),
      .plot(
        ActivationExperiment.curves(
          Bilingual("The pictures, while learning", "图像数据：学习过程"), onData, epochs: epochs)),
      .plot(
        ActivationExperiment.curves(
          Bilingual("'Same or different', while learning", "“相同还是不同”：学习过程"), onRiddle,
          epochs: riddleEpochs)),
      try SameOrDifferent.gallery(riddle),
    ]
    report.findings = ActivationExperiment.findings(onData, onRiddle, zeros)
    report.method = ActivationExperiment.method(epochs, riddleEpochs, riddle)
    return report
  }

  /// Nothing in it bends but the activations: steps instead of max pooling, no batch norm.
  static func network(_ kind: Kind, for data: LabData, width: Int) -> Sequential {
    let shape = data.inputShape
    let height = ((shape[1] + 1) / 2 + 1) / 2
    let columns = ((shape[2] + 1) / 2 + 1) / 2
    return Sequential(named: [
      (
        "conv1",
        Conv2d(inChannels: shape[0], outChannels: width, kernelSize: 3, stride: 2, padding: 1)
      ),
      ("act1", kind.module),
      (
        "conv2",
        Conv2d(inChannels: width, outChannels: 2 * width, kernelSize: 3, stride: 2, padding: 1)
      ),
      ("act2", kind.module), ("flatten", Flatten()),
      ("fc1", Linear(2 * width * height * columns, 64)), ("act3", kind.module),
      ("fc2", Linear(64, data.classNames.count)),
    ])
  }

  // MARK: One layer

  /// How far a network is from one matrix and a bias, which are read off from its answers to pictures
  /// with a single pixel: the largest difference for test pictures, as a share of the largest score.
  static func distanceFromOneLayer(
    _ model: Model, _ data: LabData, _ lab: Lab
  ) throws(ConvNetError) -> Double {
    let shape = data.inputShape
    let count = shape.count
    let classes = data.classNames.count
    // The network's answer to nothing is the bias; that to one pixel, less the bias, a column.
    let single = Tensor(uninitialized: Shape([count + 1] + shape.dimensions)) { numbers in
      numbers.update(repeating: 0)
      for index in 0..<count { numbers[(index + 1) * count + index] = 1 }
    }
    let columns = try lab.outputs(
      model.graph.reshaped(batch: count + 1), weights: model.weights, [single])[0].elements
    let pictures = try lab.batch(data.test.prefix(100), data.preprocessing)
    let number = pictures.shape[0]
    let scores = try lab.outputs(
      model.graph.reshaped(batch: number), weights: model.weights, [pictures])[0].elements
    let pixels = pictures.elements
    var (worst, largest) = (0.0, 0.0)
    for picture in 0..<number {
      for index in 0..<classes {
        let bias = Double(columns[index])
        var sum = bias
        for pixel in 0..<count {
          sum +=
            (Double(columns[(pixel + 1) * classes + index]) - bias)
            * Double(pixels[picture * count + pixel])
        }
        let score = Double(scores[picture * classes + index])
        worst = max(worst, abs(score - sum))
        largest = max(largest, abs(score))
      }
    }
    return largest > 0 ? worst / largest : worst
  }

  /// The largest relative difference between two convolutions in a row and the one whose kernel is
  /// the sum over all ways through both.
  static func twoAsOne(seed: Int, _ lab: Lab) throws(ConvNetError) -> Double {
    func random(_ shape: Shape, _ name: String) -> Tensor {
      Initializer.uniform(bound: 1).tensor(
        shape: shape, name: "lab/activation/" + name, seed: UInt64(seed))
    }
    let (first, second) = (random([4, 2, 3, 3], "first"), random([3, 4, 3, 3], "second"))
    let input = random([1, 2, 20, 20], "input")
    let joined = Tensor(uninitialized: [3, 2, 5, 5]) { kernel in
      for out in 0..<3 {
        for channel in 0..<2 {
          for y in 0..<5 {
            for x in 0..<5 {
              var sum = 0.0
              for middle in 0..<4 {
                for row in max(0, y - 2)...min(2, y) {
                  for column in max(0, x - 2)...min(2, x) {
                    sum +=
                      Double(second[out, middle, row, column])
                      * Double(first[middle, channel, y - row, x - column])
                  }
                }
              }
              kernel[((out * 2 + channel) * 5 + y) * 5 + x] = Float(sum)
            }
          }
        }
      }
    }
    let two = try lab.apply(input) {
      F.conv2d(F.conv2d($0, weight: first), weight: second)
    }.elements
    let one = try lab.apply(input) { F.conv2d($0, weight: joined) }.elements
    let largest = two.map(\.magnitude).max() ?? 1
    return Double((zip(two, one).map { ($0 - $1).magnitude }.max() ?? 0) / largest)
  }

  // MARK: Words

  private static func curves(
    _ title: Bilingual, _ series: [TrialSeries], epochs: Int
  ) -> LinePlot {
    LinePlot(
      title: title,
      note: Bilingual("Validation pictures after each epoch.", "每轮之后的验证图像。"),
      xLabel: Bilingual("epoch", "轮"), yLabel: Bilingual("accuracy", "准确率"),
      series: zip(Kind.allCases, series).map { kind, trials in
        LinePlot.Series(
          kind.words, (1...epochs).map { (Double($0), trials.validation(epoch: $0)) })
      }, xFormat: .whole, ticksAtPoints: epochs <= 10)
  }

  private static func findings(
    _ onData: [TrialSeries], _ onRiddle: [TrialSeries], _ zeros: [Measurement]
  ) -> [Bilingual] {
    let best =
      Kind.allCases.indices.max {
        onData[$0].accuracy.mean < onData[$1].accuracy.mean
      }.map { Kind.allCases[$0].words } ?? Kind.relu.words
    let linear = LabFormat.percent.text(onData[3].accuracy)
    return [
      Bilingual(
        "Without activations the three layers are one weighted sum per class, exactly, whatever was "
          + "learned. On the pictures that alone reaches \(linear).",
        "没有激活函数，三层合起来对每个类别恰好是一次加权求和，与学到什么无关。仅此在图像数据上就达到 \(linear)。"),
      Bilingual(
        "'Same or different' has four cases, and no weighted sum gets more than three of them right. "
          + "Without activations it is \(LabFormat.percent.text(onRiddle[3].accuracy)), with ReLU "
          + "\(LabFormat.percent.text(onRiddle[0].accuracy)).",
        "“相同还是不同”有四种情形，任何加权求和至多答对三种。没有激活函数时为 "
          + "\(LabFormat.percent.text(onRiddle[3].accuracy))，ReLU 为 "
          + "\(LabFormat.percent.text(onRiddle[0].accuracy))。"),
      Bilingual(
        "ReLU makes \(LabFormat.percent.text(zeros[0])) of the first layer's answers zero and passes "
          + "the others on as they are.",
        "ReLU 把第一层 \(LabFormat.percent.text(zeros[0])) 的响应变为零，其余原样传下去。"),
      Bilingual("Best on the pictures here: \(best.en).", "在图像数据上这里最好的是：\(best.zh)。"),
    ] + slowSigmoid(onRiddle[1].accuracy)
  }

  /// Bending alone is not enough: it has to be learned with, too.
  private static func slowSigmoid(_ accuracy: Measurement) -> [Bilingual] {
    guard accuracy.mean < 0.95 else { return [] }
    let share = LabFormat.percent.text(accuracy)
    return [
      Bilingual(
        "Sigmoid bends as well, yet reaches \(share) in the same time: its slope is 1/4 at most, so that "
          + "what the first layers are told shrinks with every layer behind them. It could represent "
          + "the answer, but is slow to find it.",
        "Sigmoid 同样是非线性的，同样的时间里却只有 \(share)：它的斜率最大为 1/4，传回前面各层的信号逐层缩小。它能表示答案，"
          + "却学得很慢。")
    ]
  }

  private static func method(
    _ epochs: Int, _ riddleEpochs: Int, _ riddle: LabData
  ) -> [Bilingual] {
    [
      Bilingual(
        "The network: 3×3 convolutions with stride 2 to 16 and 32 channels, linear layers to 64 and to "
          + "the classes; the activation behind all but the last. No max pooling and no batch norm, so "
          + "that nothing else bends. For 'same or different' 8 and 16 channels.",
        "网络：步幅 2 的 3×3 卷积到 16 和 32 通道，全连接到 64 再到类别数；除最后一层外都接激活函数。不用最大池化和批归一化，"
          + "使别处没有非线性。“相同还是不同”用 8 和 16 通道。"),
      TrialSettings.words(epochs),
      Bilingual(
        "'Same or different': \(riddle.training.count) pictures of 12×12 pixels whose halves are each "
          + "dark or bright, with noise; \(riddleEpochs) epochs in steps of 32. Each of the four cases "
          + "is equally frequent.",
        "“相同还是不同”：\(riddle.training.count) 张 12×12 的图，左右两半各自或暗或亮，加噪声；训练 \(riddleEpochs) 轮，"
          + "每步 32 张。四种情形出现得一样多。"),
      Bilingual(
        "One matrix: the network's answer to an input of zeros is the bias, that to a single one, less "
          + "the bias, a column of the matrix. 100 test pictures were computed with it in double "
          + "precision and compared with the network's scores.",
        "单个矩阵：网络对全零输入的回答是偏置；对只有一个 1 的输入的回答减去偏置，是矩阵的一列。用它以双精度计算 100 张测试图像，"
          + "与网络的分数比较。"),
    ]
  }
}
