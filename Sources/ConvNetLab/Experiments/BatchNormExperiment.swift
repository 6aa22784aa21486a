internal import ConvNet
internal import ConvNetFormats
package import ConvNetGraph
internal import Synchronization

/// S8: batch norm before and after the activation and not at all, over learning rates and seeds.
package struct BatchNormExperiment: Experiment {
  package let name = "batchnorm"
  package let row = "S8"
  package let title = Bilingual("batch normalization", "批归一化")
  package let claim = Bilingual(
    "Batch normalization stabilises training, makes batches alike and speeds up convergence. The "
      + "primer's text puts it behind convolution and activation, its code between them: "
      + "F.relu(self.bn(self.conv(x))).",
    "批归一化使训练稳定，使各批数据分布相近，加快收敛。入门的文字把它放在卷积和激活之后，代码则放在两者之间："
      + "F.relu(self.bn(self.conv(x)))。")
  package let question = Bilingual(
    "Does batch norm learn faster and bear more, and where does it belong?",
    "批归一化学得更快、更稳吗？该放在哪里？")

  package init() {}

  private static let rates = [0.01, 0.05, 0.2, 0.8]
  private static let epochs = 3

  /// Where the normalisation stands.
  enum Order: Int, CaseIterable {
    case without, before, after

    var words: Bilingual {
      switch self {
      case .without: Bilingual("without", "不用")
      case .before: Bilingual("before the activation", "在激活之前")
      case .after: Bilingual("after the activation", "在激活之后")
      }
    }
  }

  /// One order with one learning rate, all seeds.
  private struct Cell {
    let trials: TrialSeries
    /// For each seed and epoch, from 0 on, what arrives at the last activation.
    let arriving: [[TensorStatistics]]
    /// The distributions of the first seed.
    let distributions: [[Float]]

    /// The validation accuracy after the first epoch.
    var early: Measurement { trials.validation(epoch: 1) }
    var diverged: Int { trials.trials.count(where: \.hasDiverged) }
  }

  package func run(_ lab: Lab) throws(ConvNetError) -> LabReport {
    var report = LabReport(self)
    let all = try lab.pictures()
    // 36 trainings: half of the pictures keep them within two minutes.
    let data = all.learning(from: all.training.prefix(lab.scale.training / 2))
    let epochs = lab.scale.epochs(BatchNormExperiment.epochs)
    report.data = data.words
    lab.expect(Order.allCases.count * BatchNormExperiment.rates.count * lab.seeds.count)

    var cells: [[Cell]] = []
    for order in Order.allCases {
      var row: [Cell] = []
      for rate in BatchNormExperiment.rates {
        row.append(try train(order, rate, data, epochs, lab))
      }
      cells.append(row)
    }
    // Each order is judged at the rate that suits it best.
    let best = cells.map { row in
      row.indices.max { row[$0].trials.accuracy.mean < row[$1].trials.accuracy.mean } ?? 0
    }
    let early = zip(cells, best).map { $0[$1].early }
    let final = zip(cells, best).map { $0[$1].trials.accuracy }
    let usable = cells.map { row in
      let top = row.map(\.trials.accuracy.mean).max() ?? 0
      return row.count { $0.trials.accuracy.mean >= top - 0.05 }
    }
    let drift = zip(cells, best).map { BatchNormExperiment.drift($0[$1].arriving) }
    let (without, before, after) = (0, 1, 2)
    report.checks = [
      .higher(
        Bilingual(
          "it speeds up: accuracy after the first epoch, each at its best learning rate, above that "
            + "without",
          "加快收敛：第一轮之后的准确率（各取最佳学习率）高于不用时"),
        early[before], than: early[without]),
      Check(
        Bilingual(
          "it stabilises: learning rates that come within 5 points of the best",
          "使训练稳定：准确率与最佳相差不到 5 个百分点的学习率个数"),
        rule: Bilingual("more than without", "多于不用时"),
        measured: Bilingual(
          "\(usable[before]) against \(usable[without]) of \(BatchNormExperiment.rates.count)",
          "\(usable[before]) 个，不用时 \(usable[without]) 个（共 \(BatchNormExperiment.rates.count) 个）"),
        isMet: usable[before] > usable[without]),
      Check(
        Bilingual(
          "it keeps the numbers alike: how far the deviation of what arrives at the last activation "
            + "drifts over the training (factor)",
          "使数据分布相近：到达最后一个激活函数的数，其标准差在训练中变化的倍数"),
        rule: Bilingual("a smaller factor than without", "倍数小于不用时"),
        measured: Bilingual(
          "\(LabFormat.decimals(2).text(drift[before])) against "
            + "\(LabFormat.decimals(2).text(drift[without]))",
          "\(LabFormat.decimals(2).text(drift[before]))，不用时 "
            + "\(LabFormat.decimals(2).text(drift[without]))"),
        isMet: drift[before].mean < drift[without].mean),
      .higher(
        Bilingual(
          "the final accuracy, each at its best learning rate, is above that without",
          "最终准确率（各取最佳学习率）高于不用时"),
        final[before], than: final[without], isMain: false),
      .notLower(
        Bilingual(
          "the order of the code (before the activation) is not below that of the text (after)",
          "代码的次序（在激活之前）不低于文字的次序（在激活之后）"),
        final[before], than: final[after], isMain: false),
    ]
    report.tables = [
      accuracyTable(cells, final: true), accuracyTable(cells, final: false),
      driftTable(cells, best),
    ]
    report.figures = [.plot(lossCurves(cells, best)), .plot(ratePlot(cells))]
    let chosen = zip(cells, best).map { $0[$1] }
    // One scale for all, so that they can be compared.
    var reach = 0.0
    for moment in chosen.flatMap({ $0.arriving.first ?? [] }) {
      let end = moment.mean.magnitude + 3.5 * moment.standardDeviation
      if end.isFinite { reach = max(reach, end) }
    }
    for order in Order.allCases {
      report.figures.append(
        .plot(distribution(order, chosen[order.rawValue], limit: reach > 0 ? reach : 1)))
    }
    report.findings = findings(cells, best, early, final)
    report.method = [
      Bilingual(
        "The network: four 3×3 convolutions with 16, 32, 32 and 32 channels, ReLU behind each, 2×2 max "
          + "pooling behind the first two, global average pooling, one linear layer; batch norm "
          + "nowhere, between convolution and ReLU, or behind ReLU.",
        "网络：四个 3×3 卷积，16、32、32、32 通道，各接 ReLU，前两个之后接 2×2 最大池化，全局平均池化，一个全连接层；"
          + "批归一化分别为：不用、在卷积与 ReLU 之间、在 ReLU 之后。"),
      TrialSettings.words(
        epochs, learningRate: BatchNormExperiment.rates.map { "\($0)" }.joined(separator: ", ")),
      Bilingual(
        "Distributions: what arrives at the fourth activation for 64 validation pictures, before the "
          + "first step and after each epoch, each order at its best learning rate. As while learning, "
          + "batch norm takes the statistics of these pictures.",
        "分布：64 张验证图像到达第四个激活函数的数，取自第一步之前和每轮之后，各用最佳学习率；与学习时一样，"
          + "批归一化用这批图像自己的统计量。"),
    ]
    return report
  }

  static func network(_ order: Order, for data: LabData) -> Sequential {
    var modules: [(name: String, module: any Module)] = []
    var channels = data.inputShape[0]
    for (index, width) in [16, 32, 32, 32].enumerated() {
      let number = index + 1
      modules.append(
        (
          "conv\(number)",
          Conv2d(inChannels: channels, outChannels: width, kernelSize: 3, padding: 1)
        ))
      if order == .before { modules.append(("bn\(number)", BatchNorm2d(width))) }
      modules.append(("relu\(number)", ReLU()))
      if order == .after { modules.append(("bn\(number)", BatchNorm2d(width))) }
      if number <= 2 { modules.append(("pool\(number)", MaxPool2d(kernelSize: 2, stride: 2))) }
      channels = width
    }
    modules += [
      ("gap", GlobalAvgPool2d()), ("flatten", Flatten()),
      ("fc", Linear(32, data.classNames.count)),
    ]
    return Sequential(named: modules)
  }

  private func train(
    _ order: Order, _ rate: Double, _ data: LabData, _ epochs: Int, _ lab: Lab
  ) throws(ConvNetError) -> Cell {
    let arriving = order == .before ? "bn4" : "conv4"
    let pictures = data.validation.prefix(64)
    var trials: [Trial] = []
    var statistics: [[TensorStatistics]] = []
    var distributions: [[Float]] = []
    for seed in lab.seeds {
      // The training calls from its own thread; a model that diverged gives no numbers.
      let seen = Mutex<[Tensor]>([])
      var settings = TrialSettings(epochs: epochs, learningRate: rate)
      settings.onEpoch = { _, model in
        guard
          let maps = try? lab.activations(
            of: model, at: [arriving], for: pictures, learning: true)[0]
        else { return }
        seen.withLock { $0.append(maps) }
      }
      trials.append(
        try lab.train(
          BatchNormExperiment.network(order, for: data), on: data, seed: seed, settings,
          title: "\(order.words.en), rate \(rate), seed \(seed)"))
      let tensors = seen.withLock { $0 }
      statistics.append(tensors.map { TensorStatistics($0) })
      if seed == lab.seeds[0] { distributions = tensors.map(\.elements) }
    }
    return Cell(
      trials: TrialSeries(trials: trials), arriving: statistics, distributions: distributions)
  }

  /// By which factor the deviation changes between the beginning and the end, in either direction.
  private static func drift(_ statistics: [[TensorStatistics]]) -> Measurement {
    Measurement(
      statistics.map { moments in
        guard let first = moments.first?.standardDeviation,
          let last = moments.last?.standardDeviation, first > 0, last > 0
        else { return 0 }
        return max(first / last, last / first)
      })
  }

  // MARK: What is shown

  private func accuracyTable(_ cells: [[Cell]], final: Bool) -> LabTable {
    LabTable(
      final
        ? Bilingual("Accuracy on test pictures in the end", "最终的测试准确率")
        : Bilingual(
          "Accuracy on validation pictures after the first epoch", "第一轮之后的验证准确率"),
      [Bilingual("batch norm", "批归一化")]
        + BatchNormExperiment.rates.map { Bilingual("rate \($0)", "学习率 \($0)") }
        + (final ? [Bilingual("diverged", "发散")] : []),
      rows: Order.allCases.map { order in
        let row = cells[order.rawValue]
        return [.text(order.words)]
          + row.map { .measured(final ? $0.trials.accuracy : $0.early, .percent) }
          + (final ? [.number(Double(row.reduce(0) { $0 + $1.diverged }), .whole)] : [])
      })
  }

  private func driftTable(_ cells: [[Cell]], _ best: [Int]) -> LabTable {
    LabTable(
      Bilingual(
        "What arrives at the last activation: deviation at each order's best learning rate",
        "到达最后一个激活函数的数：各用最佳学习率时的标准差"),
      [
        Bilingual("batch norm", "批归一化"), Bilingual("best rate", "最佳学习率"),
        Bilingual("at the beginning", "开始时"), Bilingual("in the end", "结束时"),
        Bilingual("factor", "倍数"),
      ],
      rows: Order.allCases.map { order in
        let cell = cells[order.rawValue][best[order.rawValue]]
        func deviation(_ pick: ([TensorStatistics]) -> TensorStatistics?) -> Measurement {
          Measurement(cell.arriving.map { pick($0)?.standardDeviation ?? 0 })
        }
        return [
          .text(order.words),
          .number(BatchNormExperiment.rates[best[order.rawValue]], .significant(3)),
          .measured(deviation(\.first), .decimals(3)),
          .measured(deviation(\.last), .decimals(3)),
          .measured(BatchNormExperiment.drift(cell.arriving), .decimals(2)),
        ]
      })
  }

  private func lossCurves(_ cells: [[Cell]], _ best: [Int]) -> LinePlot {
    let parts = 24
    let series = Order.allCases.map { order -> LinePlot.Series in
      let cell = cells[order.rawValue][best[order.rawValue]]
      let rate = BatchNormExperiment.rates[best[order.rawValue]]
      let losses = cell.trials.trials.map(\.losses)
      let steps = losses.map(\.count).min() ?? 0
      let width = max(1, steps / parts)
      let points = stride(from: 0, to: steps - width + 1, by: width).map { start in
        (
          x: Double(start) + Double(width) / 2,
          y: Measurement(
            losses.map { $0[start..<(start + width)].reduce(0, +) / Double(width) })
        )
      }
      return LinePlot.Series(
        order.words + Bilingual(" (rate \(rate))", "（学习率 \(rate)）"), points)
    }
    return LinePlot(
      title: Bilingual("How the loss falls", "损失如何下降"),
      note: Bilingual(
        "Mean loss of the batches, each order at its best learning rate; the band is the range "
          + "between the seeds.",
        "各批的平均损失，各用最佳学习率；带为各种子的范围。"),
      xLabel: Bilingual("step", "步"), yLabel: Bilingual("loss", "损失"), series: series,
      yFormat: .decimals(3))
  }

  private func ratePlot(_ cells: [[Cell]]) -> LinePlot {
    LinePlot(
      title: Bilingual("Which learning rates work", "哪些学习率可用"),
      note: Bilingual(
        "Accuracy on test pictures in the end. A high, flat curve means that the rate hardly matters.",
        "最终的测试准确率。曲线又高又平，说明学习率的选择不那么要紧。"),
      xLabel: Bilingual("learning rate", "学习率"), yLabel: Bilingual("accuracy", "准确率"),
      series: Order.allCases.map { order in
        LinePlot.Series(
          order.words,
          zip(BatchNormExperiment.rates, cells[order.rawValue]).map { ($0, $1.trials.accuracy) })
      }, xFormat: .significant(3), isXLogarithmic: true, ticksAtPoints: true)
  }

  private func distribution(
    _ order: Order, _ cell: Cell, limit: Double
  ) -> DistributionPlot {
    let statistics = cell.arriving.first ?? []
    let count = 48
    let shares = cell.distributions.map { numbers -> [Double] in
      var counts = [Int](repeating: 0, count: count)
      for number in numbers where number.isFinite {
        let place = (Double(number) + limit) / (2 * limit) * Double(count)
        counts[max(0, min(count - 1, Int(place)))] += 1
      }
      return counts.map { Double($0) / Double(max(1, numbers.count)) }
    }
    return DistributionPlot(
      title: Bilingual(
        "What arrives at the last activation: \(order.words.en)",
        "到达最后一个激活函数的数：\(order.words.zh)"),
      note: Bilingual(
        "One column for each moment, brighter where more of the numbers lie; mean and standard "
          + "deviation as strokes. First seed.",
        "每个时刻一列，越亮表示数越多；线段为均值与标准差。第一个种子。"),
      xLabel: Bilingual("epochs done", "已完成的轮数"), yLabel: Bilingual("value", "数值"),
      moments: shares.indices.map(String.init), low: -limit, high: limit, shares: shares,
      statistics: statistics.map { ($0.mean, $0.standardDeviation) })
  }

  private func findings(
    _ cells: [[Cell]], _ best: [Int], _ early: [Measurement], _ final: [Measurement]
  ) -> [Bilingual] {
    func text(_ value: Measurement) -> String { LabFormat.percent.text(value) }
    let gain = final[1] - final[2]
    let isClear =
      gain.isClearlyPositive(margin: Check.margin)
      || Measurement(gain.values.map { -$0 }).isClearlyPositive(margin: Check.margin)
    let diverged = cells.map { $0.reduce(0) { $0 + $1.diverged } }
    return [
      Bilingual(
        "After the first epoch: \(text(early[0])) without, \(text(early[1])) before, "
          + "\(text(early[2])) after the activation, each at its best learning rate "
          + "(\(best.map { "\(BatchNormExperiment.rates[$0])" }.joined(separator: ", "))).",
        "第一轮之后：不用 \(text(early[0]))，激活之前 \(text(early[1]))，激活之后 \(text(early[2]))；各取最佳学习率（"
          + "\(best.map { "\(BatchNormExperiment.rates[$0])" }.joined(separator: "，"))）。"),
      isClear
        ? Bilingual(
          "The order matters here: \(text(final[1])) before against \(text(final[2])) after.",
          "在这里次序有影响：之前 \(text(final[1]))，之后 \(text(final[2]))。")
        : Bilingual(
          "Between the two orders this experiment sees no clear difference: \(text(final[1])) before, "
            + "\(text(final[2])) after. Both of the primer's versions work.",
          "两种次序之间看不出明显差别：之前 \(text(final[1]))，之后 \(text(final[2]))。入门的两种写法都可行。"),
      Bilingual(
        "Trainings that diverged: \(diverged[0]) without, \(diverged[1]) before, \(diverged[2]) after.",
        "发散的训练次数：不用 \(diverged[0])，之前 \(diverged[1])，之后 \(diverged[2])。"),
    ]
  }
}
