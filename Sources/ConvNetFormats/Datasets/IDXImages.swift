public import ConvNetGraph

/// The pictures of an IDX file with the labels of another: MNIST, Fashion-MNIST, EMNIST.
public struct IDXImages: LabeledImages {
  private let images: IDXArray
  private let labelBytes: [UInt8]
  private let fileName: String
  /// The names of the classes; a label is a position in this list.
  public let classNames: [String]
  /// The channels of every picture.
  public let channels: Int

  /// Opens a pair of files, each plain or packed with gzip.
  ///
  /// - Parameter classNames: The names of the classes; nil numbers them from 0 to the largest
  ///   label.
  /// - Throws: ``ConvNetError``: the files' errors, or of kind `invalidData` where sizes and numbers
  ///   do not agree.
  public init(
    images imagesPath: String, labels labelsPath: String, classNames: [String]? = nil
  ) throws(ConvNetError) {
    try self.init(
      FileBytes(path: imagesPath), FileBytes(path: labelsPath), classNames: classNames)
  }

  init(
    _ imageFile: FileBytes, _ labelFile: FileBytes, classNames: [String]?
  ) throws(ConvNetError) {
    images = try IDXArray(imageFile, rank: 3...4)
    let labels = try IDXArray(labelFile, rank: 1...1)
    let sizes = images.dimensions
    fileName = imageFile.name
    channels = sizes.count == 4 ? sizes[3] : 1
    guard sizes[1] > 0, sizes[2] > 0, channels == 1 || channels == 3 else {
      throw ConvNetError(
        .invalidData,
        "\(fileName): holds pictures of \(sizes.dropFirst().map(String.init).joined(separator: " x "))"
      )
    }
    guard labels.dimensions[0] == sizes[0] else {
      throw ConvNetError(
        .invalidData,
        "\(labelFile.name): has \(labels.dimensions[0]) labels for \(sizes[0]) pictures",
        reason: "the pictures are those of \(fileName)")
    }
    labelBytes = labels.withElements(0..<sizes[0]) { Array($0) }
    let largest = Int(labelBytes.max() ?? 0)
    if let classNames {
      guard largest < classNames.count else {
        throw ConvNetError(
          .invalidData, "\(labelFile.name): holds the label \(largest)",
          reason: "there are \(classNames.count) classes")
      }
      self.classNames = classNames
    } else {
      self.classNames = (0...largest).map(String.init)
    }
  }

  /// The number of pictures.
  public var count: Int { labelBytes.count }

  /// The class of one picture.
  public func label(at index: Int) -> Int { Int(labelBytes[index]) }

  /// One picture.
  public func image(at index: Int) throws(ConvNetError) -> Image {
    let (height, width) = (images.dimensions[1], images.dimensions[2])
    let size = height * width * channels
    let pixels = images.withElements((index * size)..<((index + 1) * size)) { Array($0) }
    return Image(checkedWidth: width, height: height, channels: channels, pixels: pixels)
  }

  /// Where one picture comes from.
  public func name(at index: Int) -> String { "\(fileName)#\(index)" }

  /// The number of classes that the labels need.
  var neededClasses: Int { Int(labelBytes.max() ?? 0) + 1 }

  /// The first labels, which tell well-known sets apart.
  func firstLabels(_ count: Int) -> [UInt8] { Array(labelBytes.prefix(count)) }

  /// The same pictures with other names for the classes.
  func renamed(_ names: [String]) -> IDXImages {
    IDXImages(
      images: images, labelBytes: labelBytes, fileName: fileName, classNames: names,
      channels: channels)
  }

  private init(
    images: IDXArray, labelBytes: [UInt8], fileName: String, classNames: [String], channels: Int
  ) {
    self.images = images
    self.labelBytes = labelBytes
    self.fileName = fileName
    self.classNames = classNames
    self.channels = channels
  }
}
