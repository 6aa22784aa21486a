internal import ConvNetText

/// Reports in words, for the terminal.
package enum LabText {
  /// A report: claim, checks, tables, verdict.
  package static func text(_ report: LabReport) -> String {
    let experiment = report.experiment
    var lines = ["\(experiment.name) (\(experiment.row)): \(experiment.question.en)", ""]
    lines += wrapped("claim: " + experiment.claim.en)
    for table in report.tables {
      lines += ["", table.title.en] + textTable(table).lines()
    }
    lines.append("")
    for check in report.checks {
      let sign = check.isMet ? "yes" : "no "
      lines += wrapped(
        "\(sign) \(check.isMain ? "* " : "  ")\(check.statement.en): \(check.measured.en) "
          + "(rule: \(check.rule.en))", indent: 6)
    }
    lines += ["", "verdict: the claim \(report.verdict.words.en)"]
    return lines.joined(separator: "\n")
  }

  /// One line for each report: experiment, result, verdict.
  package static func summary(_ reports: [LabReport]) -> String {
    var table = TextTable(columns: [
      .init("experiment"), .init("main checks met", .right), .init("others met", .right),
      .init("seconds", .right), .init("the claim"),
    ])
    for report in reports {
      let (main, others) = (report.checks.filter(\.isMain), report.checks.filter { !$0.isMain })
      table.rows.append([
        report.experiment.name, "\(main.count(where: \.isMet))/\(main.count)",
        "\(others.count(where: \.isMet))/\(others.count)",
        NumberFormat.fixed(report.seconds, decimals: 1), report.verdict.words.en,
      ])
    }
    return table.lines().joined(separator: "\n")
  }

  /// The experiments with their claims.
  package static func list(width: Int) -> String {
    Experiments.all.map { experiment in
      let name = experiment.name.padded(to: 11)
      let claim = "\(experiment.row): \(experiment.claim.en)".wrapped(to: max(40, width - 12))
      return name + claim.joined(separator: "\n" + String(repeating: " ", count: 11))
        + "\n" + String(repeating: " ", count: 11) + experiment.claim.zh
    }.joined(separator: "\n")
  }

  private static func textTable(_ table: LabTable) -> TextTable {
    TextTable(
      columns: table.columns.enumerated().map { index, column in
        let isNumber = table.rows.first.map { index < $0.count && $0[index].isNumber } ?? false
        return TextTable.Column(column.en, isNumber ? .right : .left)
      },
      rows: table.rows.map { $0.map(\.words.en) })
  }

  private static func wrapped(_ text: String, indent: Int = 7) -> [String] {
    text.wrapped(to: 96 - indent).enumerated().map { index, line in
      index == 0 ? line : String(repeating: " ", count: indent) + line
    }
  }
}
