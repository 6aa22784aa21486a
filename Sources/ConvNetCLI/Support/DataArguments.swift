internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal

/// The argument and options of every command that reads pictures with classes.
enum DataArguments {
  static let data = Positional<String>.required(
    "DATA", rule: .path,
    "pictures: a folder per class (also in train/ and val/, or as .tar), MNIST's or CIFAR's files, "
      + "or a .csv of path,label")

  static let validationShare = Option<Double>.number(
    "val-split", "X", NumberRange(from: 0, to: 1, includesHighest: false), default: 0.1,
    "the share of each class to set aside for validation where the data has no part for it")

  static let split = Option<String>.text(
    "split", "PART", rule: .choice(["train", "val", "test", "all"]), default: "all",
    "the part of the data")

  /// The part that a word of ``split`` means.
  static func part(_ word: String) -> Dataset.Split? {
    switch word {
    case "train": .training
    case "val": .validation
    case "test": .test
    default: nil
    }
  }

  /// Opens the data and tells what the user should know of it.
  ///
  /// - Parameter seed: Decides on the division where the data has no validation part.
  static func open(
    _ arguments: ParsedArguments, seed: Int = 0, console: Console
  ) throws(ConvNetError) -> Dataset {
    var options = DatasetOptions()
    options.validationFraction = arguments[validationShare]
    options.seed = UInt64(seed)
    let dataset = try Dataset.detect(arguments[data], options: options)
    for note in dataset.notes { console.warning(note) }
    return dataset
  }
}

extension Dataset.Split {
  /// The part's name on the command line.
  var word: String {
    switch self {
    case .training: "train"
    case .validation: "val"
    case .test: "test"
    }
  }
}

extension Dataset {
  /// The parts that the data has, training first.
  var orderedParts: [(split: Split, pictures: any LabeledImages)] {
    Split.allCases.compactMap { split in parts[split].map { (split, $0) } }
  }

  /// The pictures of a part.
  ///
  /// - Throws: An `invalidArgument` error that lists the parts there are.
  func part(_ split: Split) throws(ConvNetError) -> any LabeledImages {
    guard let pictures = parts[split] else {
      let words = orderedParts.map(\.split.word).joined(separator: ", ")
      throw ConvNetError(
        .invalidArgument, "\(path): has no part '\(split.word)'", reason: "parts: \(words)")
    }
    return pictures
  }
}

extension Dataset {
  /// The size that all pictures of MNIST's and CIFAR's files have; nil for pictures from elsewhere.
  var pictureSize: Size2D? {
    get throws(ConvNetError) {
      switch kind {
      case .idx, .cifar10, .cifar100:
        guard let pictures = orderedParts.first?.pictures, pictures.count > 0 else { return nil }
        let image = try pictures.image(at: 0)
        return Size2D(height: image.height, width: image.width)
      case .folders, .archive, .list: return nil
      }
    }
  }
}
