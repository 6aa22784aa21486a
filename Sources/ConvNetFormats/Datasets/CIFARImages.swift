public import ConvNetGraph

/// The pictures of CIFAR-10's or CIFAR-100's binary files: records of one or two label bytes and
/// 3 x 32 x 32 samples, plane after plane (description: Krizhevsky, "The CIFAR-10 dataset").
public struct CIFARImages: LabeledImages {
  /// Which of the two sets.
  public enum Variant: String, Hashable, Sendable {
    /// 10 classes, one label byte.
    case cifar10 = "CIFAR-10"
    /// 100 classes in 20 groups, a group byte and a label byte.
    case cifar100 = "CIFAR-100"

    /// The bytes in front of the samples; the last of them is the label.
    var labelBytes: Int { self == .cifar10 ? 1 : 2 }
    /// The bytes of one record.
    var recordSize: Int { labelBytes + 3 * 32 * 32 }
    /// The number of classes.
    var classCount: Int { self == .cifar10 ? 10 : 100 }
  }

  private let files: [FileBytes]
  /// For each file the number of pictures in it and the files before it.
  private let ends: [Int]
  private let variant: Variant
  /// The names of the classes; a label is a position in this list.
  public let classNames: [String]
  /// The channels of every picture.
  public let channels = 3

  /// The names of CIFAR-10's classes.
  public static let cifar10ClassNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  /// Opens binary files, whose pictures follow each other in the order given.
  ///
  /// - Parameter classNames: The names of the classes; nil uses CIFAR-10's own, or numbers.
  /// - Throws: ``ConvNetError``: the files' errors, or of kind `invalidData` where a file is no whole
  ///   number of records or holds a label out of range.
  public init(
    paths: [String], variant: Variant, classNames: [String]? = nil
  ) throws(ConvNetError) {
    var files: [FileBytes] = []
    for path in paths { files.append(try FileBytes(path: path)) }
    try self.init(files, variant: variant, classNames: classNames)
  }

  init(
    _ files: [FileBytes], variant: Variant, classNames: [String]?
  ) throws(ConvNetError) {
    var total = 0
    var ends: [Int] = []
    for file in files {
      try Self.check(file, variant)
      total += file.count / variant.recordSize
      ends.append(total)
    }
    let numbers = (0..<variant.classCount).map(String.init)
    let names = classNames ?? (variant == .cifar10 ? Self.cifar10ClassNames : numbers)
    guard names.count == variant.classCount else {
      throw ConvNetError(
        .invalidData, "\(names.count) class names for \(variant.rawValue)",
        reason: "it has \(variant.classCount) classes")
    }
    self.files = files
    self.ends = ends
    self.variant = variant
    self.classNames = names
  }

  private static func check(_ file: FileBytes, _ variant: Variant) throws(ConvNetError) {
    let size = variant.recordSize
    guard file.count > 0, file.count.isMultiple(of: size) else {
      throw ConvNetError(
        .invalidData,
        "\(file.name): expected a multiple of \(size) bytes for \(variant.rawValue), file has "
          + "\(file.count)")
    }
    try file.withUnsafeBytes { (raw) throws(ConvNetError) in
      for record in 0..<(file.count / size) {
        let label = raw[record * size + variant.labelBytes - 1]
        guard label < variant.classCount else {
          throw ConvNetError(
            .invalidData, "\(file.name): picture \(record) has the label \(label)",
            reason: "\(variant.rawValue)'s labels are 0...\(variant.classCount - 1)")
        }
      }
    }
  }

  /// The number of pictures.
  public var count: Int { ends.last ?? 0 }

  /// The class of one picture.
  public func label(at index: Int) -> Int {
    let (file, record) = position(of: index)
    return files[file].withUnsafeBytes {
      Int($0[record * variant.recordSize + variant.labelBytes - 1])
    }
  }

  /// One picture.
  public func image(at index: Int) throws(ConvNetError) -> Image {
    let (file, record) = position(of: index)
    let start = record * variant.recordSize + variant.labelBytes
    let plane = 32 * 32
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * plane) { target, initialized in
      files[file].withUnsafeBytes { raw in
        for pixel in 0..<plane {
          target[3 * pixel] = raw[start + pixel]
          target[3 * pixel + 1] = raw[start + plane + pixel]
          target[3 * pixel + 2] = raw[start + 2 * plane + pixel]
        }
      }
      initialized = 3 * plane
    }
    return Image(checkedWidth: 32, height: 32, channels: 3, pixels: pixels)
  }

  /// Where one picture comes from.
  public func name(at index: Int) -> String {
    let (file, record) = position(of: index)
    return "\(files[file].name)#\(record)"
  }

  private func position(of index: Int) -> (file: Int, record: Int) {
    precondition((0..<count).contains(index), "picture \(index) of \(count)")
    let file = ends.firstIndex { index < $0 } ?? 0
    return (file, index - (file == 0 ? 0 : ends[file - 1]))
  }
}
