public import ConvNetGraph

/// Picture files with a class each, in a folder or inside a tar file.
public struct PictureFiles: LabeledImages {
  /// Where the files are.
  enum Store: Sendable {
    /// Below a folder; names are relative to it.
    case folder(String)
    /// In a tar file, which is read in place.
    case archive(TarArchive, [String: TarArchive.Entry])
  }

  private let store: Store
  private let names: [String]
  private let fileLabels: [Int32]
  private let color: ColorMode
  /// The names of the classes; a label is a position in this list.
  public let classNames: [String]

  init(
    store: Store, names: [String], labels: [Int], classNames: [String], color: ColorMode
  ) {
    self.store = store
    self.names = names
    self.fileLabels = labels.map { Int32(truncatingIfNeeded: $0) }
    self.classNames = classNames
    self.color = color
  }

  /// The endings of names that are taken for pictures, in small letters.
  static let suffixes = ["jpg", "jpeg", "png", "webp", "bmp", "ppm", "pgm", "pnm"]

  /// Whether a name ends like a picture's.
  static func isPicture(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return suffixes.contains(name[name.index(after: dot)...].lowercased())
  }

  /// The number of pictures.
  public var count: Int { names.count }

  /// The channels of every picture.
  public var channels: Int { color.channels }

  /// The class of one picture.
  public func label(at index: Int) -> Int { Int(fileLabels[index]) }

  /// One picture.
  public func image(at index: Int) throws(ConvNetError) -> Image {
    let options = ImageDecodingOptions(color: color)
    switch store {
    case .folder(let root):
      return try Image(path: joinedPath(root, names[index]), options: options)
    case .archive(let archive, let entries):
      guard let entry = entries[names[index]] else {
        throw ConvNetError(.internal, "\(names[index].escapedForDisplay): is not in the archive")
      }
      return try Image(decoding: archive.bytes(of: entry), options: options)
    }
  }

  /// Where one picture comes from.
  public func name(at index: Int) -> String { names[index] }
}
