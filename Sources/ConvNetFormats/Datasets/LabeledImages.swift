public import ConvNetGraph

/// Pictures with a class each, read one at a time: nothing is decoded before it is asked for.
///
/// Conforming types are values that any number of threads may read at once.
public protocol LabeledImages: Sendable {
  /// The number of pictures.
  var count: Int { get }
  /// The names of the classes; a label is a position in this list.
  var classNames: [String] { get }
  /// The channels of every picture: 1 or 3.
  var channels: Int { get }
  /// The class of one picture.
  func label(at index: Int) -> Int
  /// One picture.
  ///
  /// - Throws: ``ConvNetError`` that names the picture where it cannot be read.
  func image(at index: Int) throws(ConvNetError) -> Image
  /// Where one picture comes from, for messages and reports: a path, or a number in a file.
  func name(at index: Int) -> String
}

extension LabeledImages {
  /// All labels in order.
  public var labels: [Int] { (0..<count).map(label) }

  /// The number of pictures of each class.
  public var classCounts: [Int] {
    var counts = [Int](repeating: 0, count: classNames.count)
    for index in 0..<count { counts[label(at: index)] += 1 }
    return counts
  }
}

/// Some of the pictures of another source, in an order of its own.
public struct ImageSubset: LabeledImages {
  private let base: any LabeledImages
  private let indices: [Int]

  /// The pictures of `base` at `indices`, which lie inside it.
  public init(_ base: any LabeledImages, indices: [Int]) {
    precondition(indices.allSatisfy { (0..<base.count).contains($0) }, "index outside the source")
    self.base = base
    self.indices = indices
  }

  /// The number of pictures.
  public var count: Int { indices.count }
  /// The names of the classes; a label is a position in this list.
  public var classNames: [String] { base.classNames }
  /// The channels of every picture.
  public var channels: Int { base.channels }
  /// The class of one picture.
  public func label(at index: Int) -> Int { base.label(at: indices[index]) }
  /// One picture.
  public func image(at index: Int) throws(ConvNetError) -> Image {
    try base.image(at: indices[index])
  }
  /// Where one picture comes from.
  public func name(at index: Int) -> String { base.name(at: indices[index]) }
}
