internal import ConvNetGraph

/// How a data set is read.
public struct DatasetOptions: Hashable, Sendable {
  /// The share of the training pictures that is set aside for validation where the data has no
  /// validation part; 0 sets none aside.
  ///
  /// It is set aside beside a test part too: a network chosen by the test pictures would be judged
  /// too well by them.
  public var validationFraction = 0.1
  /// The seed of that division.
  public var seed: UInt64 = 0
  /// The channels of pictures from files: grey ones become colour and the other way round.
  public var color = ColorMode.rgb
  /// Whether a list may name files outside its own folder.
  public var allowsOutsidePaths = false

  /// A tenth for validation, seed 0, colour.
  public init() {}
}

/// Pictures with classes, in up to three parts: for training, validation and test.
public struct Dataset: Sendable {
  /// A part of a data set.
  public enum Split: String, Hashable, Sendable, CaseIterable {
    /// What the network learns from.
    case training
    /// What is looked at while it learns.
    case validation
    /// What it is judged by in the end.
    case test
  }

  /// How the data is stored.
  public enum Kind: String, Hashable, Sendable {
    /// Pairs of IDX files, as MNIST's.
    case idx = "IDX files"
    /// CIFAR-10's binary files.
    case cifar10 = "CIFAR-10 binary files"
    /// CIFAR-100's binary files.
    case cifar100 = "CIFAR-100 binary files"
    /// A folder of pictures per class.
    case folders = "folder per class"
    /// A tar file of class folders.
    case archive = "tar file of class folders"
    /// A CSV file of paths and labels.
    case list = "CSV list"
  }

  /// How the data is stored.
  public let kind: Kind
  /// Where the data is, escaped for messages.
  public let path: String
  /// The names of the classes; a label is a position in this list.
  public let classNames: [String]
  /// The parts that the data has, or that were made of it.
  public private(set) var parts: [Split: any LabeledImages]
  /// Whether the validation part was taken out of the training pictures by ``DatasetOptions``.
  public private(set) var isSplitAutomatically = false
  /// What the user should know: files that were passed over.
  public let notes: [String]

  /// What to learn from.
  public var training: (any LabeledImages)? { parts[.training] }
  /// What to look at while learning: the validation part, or the test part where there is none.
  public var evaluation: (any LabeledImages)? { parts[.validation] ?? parts[.test] }

  /// The channels of the pictures.
  public var channels: Int { parts.values.first?.channels ?? 3 }

  /// A data set of the given parts; a validation part is set aside as the options say.
  init(
    kind: Kind, path: String, classNames: [String], parts: [Split: any LabeledImages],
    notes: [String] = [], options: DatasetOptions
  ) throws(ConvNetError) {
    self.kind = kind
    self.path = path.escapedForDisplay
    self.classNames = classNames
    self.notes = notes
    self.parts = parts
    guard parts[.validation] == nil, options.validationFraction != 0,
      let training = parts[.training]
    else { return }
    let halves = try training.stratifiedSplit(
      fraction: options.validationFraction, seed: options.seed)
    // A single picture per class leaves nothing to set aside.
    guard halves.second.count > 0 else { return }
    self.parts[.training] = halves.first
    self.parts[.validation] = halves.second
    isSplitAutomatically = true
  }
}
