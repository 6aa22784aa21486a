internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// `convnet data check`: the pictures that cannot be read, and those that are there twice.
enum DataCheckCommand {
  static let command = Command(
    "check", "find pictures that cannot be read or are there twice",
    discussion: [
      "Decodes every picture. Twice means: pixel for pixel the same after decoding; across parts it "
        + "makes a validation result look better than it is. Exit code 1 where something was found."
    ],
    positionals: [DataArguments.data.specification],
    options: [OptionGroup("Data", [DataArguments.validationShare.specification])],
    examples: ["data check photos"]
  ) { arguments, console in
    let dataset = try DataArguments.open(arguments, console: console)
    let reporter = ProgressReporter(console: console)
    var search = Search()
    for (split, pictures) in dataset.orderedParts {
      search.look(through: pictures, part: split.word, reporter)
    }
    reporter.finish()
    for finding in search.findings {
      console.record(finding.record)
      console.result(finding.text)
    }
    let count = NumberFormat.grouped(search.count)
    console.result(
      search.findings.isEmpty
        ? "\(count) pictures in \(NumberFormat.grouped(dataset.classNames.count)) classes: all fine"
        : "\(count) pictures, \(NumberFormat.grouped(search.findings.count)) findings")
    return search.findings.isEmpty ? .success : .checkFailed
  }

  /// Something that is wrong with a picture.
  private enum Finding {
    case unreadable(name: String, reason: String)
    case duplicate(name: String, of: String, isOtherClass: Bool, isOtherPart: Bool)

    var text: String {
      switch self {
      case .unreadable(_, let reason): return "unreadable: \(reason)"
      case .duplicate(let name, let first, let isOtherClass, let isOtherPart):
        let more = [
          isOtherClass ? "in another class" : nil, isOtherPart ? "in another part" : nil,
        ].compactMap { $0 }
        let end = more.isEmpty ? "" : ", \(more.joined(separator: " and "))"
        return "twice: \(name) is \(first)\(end)"
      }
    }

    var record: JSONValue {
      switch self {
      case .unreadable(let name, let reason):
        ["finding": "unreadable", "name": .string(name), "reason": .string(reason)]
      case .duplicate(let name, let first, let isOtherClass, let isOtherPart):
        [
          "finding": "duplicate", "name": .string(name), "first": .string(first),
          "other_class": .bool(isOtherClass), "other_part": .bool(isOtherPart),
        ]
      }
    }
  }

  private struct Search {
    var findings: [Finding] = []
    var count = 0
    /// The first picture of each content; a hash of 128 bits stands for the pixels themselves.
    private var seen: [PixelHash: (name: String, label: Int, part: String)] = [:]

    mutating func look(
      through pictures: any LabeledImages, part: String, _ reporter: ProgressReporter
    ) {
      let start = ContinuousClock.now
      for index in 0..<pictures.count {
        let name = pictures.name(at: index)
        count += 1
        do throws(ConvNetError) {
          let hash = PixelHash(try pictures.image(at: index))
          let label = pictures.label(at: index)
          if let first = seen[hash] {
            findings.append(
              .duplicate(
                name: name, of: first.name, isOtherClass: first.label != label,
                isOtherPart: first.part != part))
          } else {
            seen[hash] = (name, label, part)
          }
        } catch {
          findings.append(.unreadable(name: name, reason: error.summary))
        }
        reporter.update {
          Progress(
            title: part, done: index + 1, total: pictures.count,
            figures: ["\(NumberFormat.grouped(findings.count)) findings"],
            elapsedSeconds: start.duration(to: .now) / .seconds(1))
        }
      }
    }
  }
}
