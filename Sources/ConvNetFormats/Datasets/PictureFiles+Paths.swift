public import ConvNetGraph

extension PictureFiles {
  /// The picture files that a path stands for: the file itself, whatever its name, or all files
  /// below a folder whose names end like a picture's, sorted.
  ///
  /// - Throws: ``ConvNetError`` of kind `notFound` where nothing is there, `invalidData` where a
  ///   folder holds no picture.
  public static func paths(at path: String) throws(ConvNetError) -> [String] {
    let shown = path.escapedForDisplay
    switch try fileKind(path) {
    case nil: throw ConvNetError(.notFound, "\(shown): no such file or folder")
    case .directory?:
      let files = try FolderScan(path).files.filter(isPicture).map { joinedPath(path, $0) }
      guard !files.isEmpty else {
        throw ConvNetError(
          .invalidData, "\(shown): holds no pictures",
          reason: "looked for names that end in .\(suffixes.joined(separator: ", ."))")
      }
      return files
    default: return [path]
    }
  }
}
