public import ConvNetFormats
public import ConvNetGraph

/// Everything that a training needs to go on later as if it had never stopped, to the same bits.
///
/// There is no state of a random generator in it: all random numbers follow from the seed, the epoch
/// and the picture's number.
public struct TrainingState: Sendable {
  /// The model with its weights and running statistics as they are now.
  public var model: Model
  /// The settings.
  public var configuration: TrainingConfiguration
  /// The optimiser's memory: tensors named `PARAMETER.MOMENT`.
  public var moments: Weights
  /// The weights of the best epoch so far; nil where none was finished.
  public var bestWeights: Weights?
  /// Where the training stands.
  public var progress: Progress
  /// What the training pictures are, so that others are noticed.
  public var data: DataFingerprint

  /// Where a training stands.
  public struct Progress: Hashable, Sendable, Codable {
    /// The steps done.
    public var step = 0
    /// The epochs done.
    public var epoch = 0
    /// The steps done in the epoch that is going on.
    public var stepInEpoch = 0
    /// The sum of the losses of the epoch that is going on.
    public var lossSum = 0.0
    /// The pictures of the epoch that is going on whose class came first.
    public var hits = 0
    /// The epochs since the best one.
    public var epochsWithoutBest = 0
    /// The seconds so far.
    public var seconds = 0.0
    /// The finished epochs.
    public var history: [EpochReport] = []
    /// The pictures that were passed over.
    public var unreadable: [UnreadablePicture] = []

    /// The beginning.
    public init() {}
  }
}

/// What tells one set of training pictures from another.
public struct DataFingerprint: Hashable, Sendable, Codable {
  /// The number of pictures.
  public var count: Int
  /// The names of the classes.
  public var classNames: [String]
  /// A hash over the pictures' labels and the ends of their names, in hexadecimal.
  public var hash: String

  /// The fingerprint of pictures.
  public init(_ images: any LabeledImages) {
    // FNV-1a, 64 bits.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    for index in 0..<images.count {
      // Folders may have moved since, so only the last part counts.
      let name = images.name(at: index)
      for byte in name[(name.lastIndex(of: "/") ?? name.startIndex)...].utf8 { add(byte) }
      withUnsafeBytes(of: UInt32(truncatingIfNeeded: images.label(at: index)).littleEndian) {
        for byte in $0 { add(byte) }
      }
    }
    count = images.count
    classNames = images.classNames
    self.hash = String(hash, radix: 16)
  }
}
