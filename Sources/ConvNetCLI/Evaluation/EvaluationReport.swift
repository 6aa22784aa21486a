internal import ConvNet
internal import ConvNetFormats
internal import ConvNetText

/// An evaluation as text: totals, a row per class, and what is mistaken most.
struct EvaluationReport {
  let evaluation: Evaluation
  /// The data and its part, such as `photos (val)`.
  let title: String
  let seconds: Double

  var text: String {
    let matrix = evaluation.confusion
    let rate = Double(evaluation.count) / max(seconds, 1e-9)
    var lines = [
      "\(title): \(NumberFormat.grouped(evaluation.count)) pictures in "
        + "\(DurationFormat.spoken(seconds: seconds)) "
        + "(\(NumberFormat.grouped(rate)) img/s)",
      "top-1 \(NumberFormat.percent(evaluation.accuracy, decimals: 2))"
        + (matrix.classNames.count > 5
          ? "   top-5 \(NumberFormat.percent(evaluation.top5Accuracy, decimals: 2))" : "")
        + "   loss \(NumberFormat.fixed(evaluation.loss, decimals: 4))",
      "",
    ]
    lines += classTable.lines()
    let mistakes = mostMistaken
    if !mistakes.isEmpty {
      lines += ["", "taken for another most often"]
      lines += mistakes.map { "  \($0.count) \($0.truth) for \($0.answer)" }
    }
    return lines.joined(separator: "\n")
  }

  private var classTable: TextTable {
    var table = TextTable(columns: [
      .init("class"), .init("precision", .right), .init("recall", .right), .init("F1", .right),
      .init("pictures", .right),
    ])
    for report in evaluation.confusion.classReports {
      table.rows.append([
        report.name.escapedForDisplay, NumberFormat.percent(report.precision),
        NumberFormat.percent(report.recall), NumberFormat.percent(report.f1),
        NumberFormat.grouped(report.support),
      ])
    }
    return table
  }

  private var mostMistaken: [(count: String, truth: String, answer: String)] {
    let matrix = evaluation.confusion
    let names = matrix.classNames.map(\.escapedForDisplay)
    var pairs: [(count: Int, truth: Int, answer: Int)] = []
    for truth in names.indices {
      for answer in names.indices where truth != answer && matrix[truth, answer] > 0 {
        pairs.append((matrix[truth, answer], truth, answer))
      }
    }
    pairs.sort { ($1.count, $0.truth, $0.answer) < ($0.count, $1.truth, $1.answer) }
    return pairs.prefix(5).map {
      (
        NumberFormat.grouped($0.count).padded(to: 5, alignment: .right), names[$0.truth],
        names[$0.answer]
      )
    }
  }
}
