/// How well a model does on pictures whose classes are known.
public struct Evaluation: Hashable, Sendable, Codable {
  /// The pictures that were counted.
  public var count = 0
  /// The mean of minus the logarithm of the true class's share.
  public var loss = 0.0
  /// The share of pictures whose class came first.
  public var accuracy = 0.0
  /// The share of pictures whose class was among the first five.
  public var top5Accuracy = 0.0
  /// Which class was taken for which.
  public var confusion: ConfusionMatrix
  /// The pictures that could not be read and are not counted.
  public var unreadable: [UnreadablePicture] = []

  /// An evaluation of no pictures.
  init(classNames: [String]) {
    confusion = ConfusionMatrix(classNames: classNames)
  }
}

/// How often pictures of each class were taken for each class.
public struct ConfusionMatrix: Hashable, Sendable, Codable {
  /// The names of the classes.
  public let classNames: [String]
  /// The pictures of class `row` that were taken for class `column`, row after row.
  public private(set) var counts: [Int]

  /// A matrix without pictures.
  public init(classNames: [String]) {
    self.classNames = classNames
    counts = [Int](repeating: 0, count: classNames.count * classNames.count)
  }

  /// The pictures of one class that were taken for another.
  public subscript(truth: Int, answer: Int) -> Int { counts[truth * classNames.count + answer] }

  /// Counts a picture; both classes exist.
  public mutating func add(truth: Int, answer: Int) {
    counts[truth * classNames.count + answer] += 1
  }

  /// What the matrix says about one class.
  public struct ClassReport: Hashable, Sendable, Codable {
    /// The class's name.
    public var name: String
    /// The pictures of the class.
    public var support: Int
    /// The share of the pictures taken for the class that belong to it; 0 where there are none.
    public var precision: Double
    /// The share of the class's pictures that were recognised; 0 where there are none.
    public var recall: Double
    /// The harmonic mean of both.
    public var f1: Double
  }

  /// A report for each class.
  public var classReports: [ClassReport] {
    classNames.indices.map { index in
      let hits = Double(self[index, index])
      let support = classNames.indices.reduce(0) { $0 + self[index, $1] }
      let taken = classNames.indices.reduce(0) { $0 + self[$1, index] }
      let precision = taken == 0 ? 0 : hits / Double(taken)
      let recall = support == 0 ? 0 : hits / Double(support)
      let sum = precision + recall
      return ClassReport(
        name: classNames[index], support: support, precision: precision, recall: recall,
        f1: sum == 0 ? 0 : 2 * precision * recall / sum)
    }
  }
}
