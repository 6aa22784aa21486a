package import ConvNetFormats

/// What an experiment found: numbers, pictures, checks and what they lead to.
package struct LabReport: Sendable {
  /// The experiment that ran.
  package let experiment: any Experiment
  /// What decides.
  package var checks: [Check] = []
  /// The numbers.
  package var tables: [LabTable] = []
  /// The pictures and plots.
  package var figures: [LabFigure] = []
  /// What was done, in sentences.
  package var method: [Bilingual] = []
  /// What to think of it, in sentences.
  package var findings: [Bilingual] = []
  /// The seeds.
  package var seeds: [Int] = []
  /// The pictures that it used; nil for none.
  package var data: Bilingual?
  /// How long it took.
  package var seconds = 0.0

  /// An empty report.
  package init(_ experiment: any Experiment) { self.experiment = experiment }

  /// What the checks lead to.
  package var verdict: Verdict { Verdict(checks) }
}

/// One cell of a table.
package enum LabCell: Hashable, Sendable {
  case text(Bilingual)
  case number(Double, LabFormat)
  case measured(Measurement, LabFormat)
  /// A time: the one kind of number that another run of the same command does not repeat.
  case time(Measurement)

  /// A name that is the same in both languages.
  package static func name(_ text: String) -> LabCell { .text(Bilingual(same: text)) }

  /// A whole number.
  package static func count(_ number: Int) -> LabCell { .number(Double(number), .whole) }

  /// What the cell shows.
  package var words: Bilingual {
    switch self {
    case .text(let text): text
    case .number(let value, let format): Bilingual(same: format.text(value))
    case .measured(let value, let format): Bilingual(same: format.text(value))
    case .time(let value): Bilingual(same: LabFormat.seconds.text(value))
    }
  }

  /// Whether it stands at the right of its column.
  package var isNumber: Bool { if case .text = self { false } else { true } }
}

/// A table of results.
package struct LabTable: Sendable {
  /// What it shows.
  package let title: Bilingual
  /// The columns' titles.
  package let columns: [Bilingual]
  /// The rows; each has a cell per column.
  package var rows: [[LabCell]]

  /// A table.
  package init(_ title: Bilingual, _ columns: [Bilingual], rows: [[LabCell]] = []) {
    self.title = title
    self.columns = columns
    self.rows = rows
  }
}

/// Something to look at.
package enum LabFigure: Sendable {
  case plot(any Plot)
  /// Pictures beside each other under one heading.
  case gallery(title: Bilingual, note: Bilingual, pictures: [LabPicture])
}

/// A picture with its caption.
package struct LabPicture: Sendable {
  /// What it shows.
  package let caption: Bilingual
  /// The file.
  package let png: [UInt8]
  /// Its size in pixels.
  package let width: Int
  /// Its size in pixels.
  package let height: Int
  /// Places in it to be ringed, in pixels.
  package var marks: [(x: Double, y: Double)]

  /// A picture from a PNG file.
  package init(
    _ caption: Bilingual, png: [UInt8], width: Int, height: Int,
    marks: [(x: Double, y: Double)] = []
  ) {
    self.caption = caption
    self.png = png
    self.width = width
    self.height = height
    self.marks = marks
  }
}

extension LabReport {
  /// The report for programs. Times stand under names of their own: all else is the same on every run.
  package var record: JSONValue {
    [
      "experiment": .string(experiment.name), "row": .string(experiment.row),
      "claim": experiment.claim.record, "verdict": .string(verdict.rawValue),
      "checks": .array(
        checks.map { check in
          [
            "statement": check.statement.record, "rule": check.rule.record,
            "measured": check.measured.record, "met": .bool(check.isMet),
            "main": .bool(check.isMain),
          ]
        }),
      "tables": .array(tables.map(\.record)),
      "seeds": .array(seeds.map { .integer($0) }), "data": data?.record ?? .null,
      "seconds": .number(seconds),
    ]
  }
}

extension Bilingual {
  /// Both texts for programs.
  var record: JSONValue { ["en": .string(en), "zh": .string(zh)] }
}

extension LabTable {
  fileprivate var record: JSONValue {
    [
      "title": title.record, "columns": .array(columns.map { .string($0.en) }),
      "rows": .array(rows.map { .array($0.map(\.record)) }),
    ]
  }
}

extension LabCell {
  fileprivate var record: JSONValue {
    switch self {
    case .text(let text): .string(text.en)
    case .number(let value, _): value.isFinite ? .number(value) : .null
    case .measured(let value, _): value.record
    case .time(let value): ["seconds": .number(value.mean)]
    }
  }
}

extension Measurement {
  fileprivate var record: JSONValue {
    [
      "mean": .number(mean), "spread": .number(spread),
      "values": .array(values.map(JSONValue.number)),
    ]
  }
}
