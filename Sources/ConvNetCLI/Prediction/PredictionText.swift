internal import ConvNet
internal import ConvNetFormats
internal import ConvNetTerminal
internal import ConvNetText

/// The answer to one picture, for people and for programs.
struct PredictionText {
  let name: String
  let truth: String?
  let classes: [Classification]
  /// The share below which the network is said not to know.
  let threshold: Double

  private var isSure: Bool { (classes.first?.probability ?? 0) >= threshold }

  /// One line: the picture's name, then classes with their shares.
  var line: String {
    guard isSure else { return "\(name.escapedForDisplay)  unsure  \(list)" }
    let mark = truth.map { $0 == classes.first?.label ? "  ✓" : "  ✗ it is \($0)" } ?? ""
    return "\(name.escapedForDisplay)  \(list)\(mark.escapedForDisplay)"
  }

  private var list: String {
    classes.map { "\($0.label.escapedForDisplay) \(NumberFormat.percent($0.probability))" }
      .joined(separator: "  ")
  }

  /// The lines beside a drawing: the name, and a bar for each class.
  var lines: [String] {
    var lines = [name.escapedForDisplay, ""]
    let widest = classes.map(\.label.displayWidth).max() ?? 0
    for candidate in classes {
      let bar = ProgressBar.text(share: candidate.probability, width: 20)
      lines.append(
        candidate.label.escapedForDisplay.padded(to: widest) + " \(bar) "
          + NumberFormat.percent(candidate.probability).padded(to: 6, alignment: .right))
    }
    if !isSure {
      lines += ["", "unsure"]
    } else if let truth {
      lines += [
        "", truth == classes.first?.label ? "✓ right" : "✗ it is: \(truth.escapedForDisplay)",
      ]
    }
    return lines
  }

  var record: JSONValue {
    var record = JSONObject()
    record["path"] = .string(name)
    record["label"] = isSure ? .string(classes.first?.label ?? "") : .null
    record["probability"] = .number(classes.first?.probability ?? 0)
    if let truth { record["true"] = .string(truth) }
    record["top"] = .array(
      classes.map {
        [
          "index": .integer($0.index), "label": .string($0.label),
          "probability": .number($0.probability),
        ]
      })
    return .object(record)
  }
}
