internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal

/// Pictures whose classes do not matter: a part of a data set, or whatever lies in a folder.
struct PlainPictures: LabeledImages {
  private let paths: [String]

  private init(paths: [String]) { self.paths = paths }

  /// Opens a data set, or else a folder of pictures or a picture.
  ///
  /// - Parameter part: the part of a data set, as ``DataArguments/part(_:)`` knows it.
  /// - Throws: the data set's error, where there are no pictures either.
  static func open(
    _ path: String, part: String, console: Console
  ) throws(ConvNetError) -> any LabeledImages {
    var options = DatasetOptions()
    // Nothing is learned here: no pictures need be set aside.
    options.validationFraction = 0
    let dataset: Dataset
    do throws(ConvNetError) {
      dataset = try Dataset.detect(path, options: options)
    } catch {
      guard error.kind == .invalidData, let paths = try? PictureFiles.paths(at: path),
        paths.count > 1 || (try? Image(path: path)) != nil
      else { throw error }
      return PlainPictures(paths: paths)
    }
    for note in dataset.notes { console.warning(note) }
    return try dataset.part(DataArguments.part(part) ?? .training)
  }

  let classNames = ["picture"]
  let channels = 3
  var count: Int { paths.count }
  func label(at index: Int) -> Int { 0 }
  func image(at index: Int) throws(ConvNetError) -> Image { try Image(path: paths[index]) }
  func name(at index: Int) -> String { paths[index].escapedForDisplay }
}
