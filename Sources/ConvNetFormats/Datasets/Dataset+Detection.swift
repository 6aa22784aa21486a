public import ConvNetGraph

extension Dataset {
  /// What ``detect(_:options:)`` knows, for messages.
  private static let known =
    "train-images-idx3-ubyte[.gz] with train-labels-idx1-ubyte[.gz]; data_batch_1.bin (CIFAR-10); "
    + "train.bin (CIFAR-100); a folder of ."
    + PictureFiles.suffixes.joined(separator: ", .") + " pictures per class, also as .tar; "
    + "a .csv list with lines path,label"

  /// Opens a data set, whose kind is found out from what is at the path.
  ///
  /// - Throws: ``ConvNetError`` of kind `notFound` where nothing is there, `invalidData` where it is
  ///   no data set that is known, with what was looked for, or where it is damaged.
  public static func detect(
    _ path: String, options: DatasetOptions = DatasetOptions()
  ) throws(ConvNetError) -> Dataset {
    let shown = path.escapedForDisplay
    switch try fileKind(path) {
    case nil:
      throw ConvNetError(.notFound, "\(shown): no such file or folder")
    case .directory?:
      // torchvision puts the files of these sets into a folder of their own.
      let nested = [
        "cifar-10-batches-bin", "cifar-100-binary", "raw", "MNIST/raw", "FashionMNIST/raw",
      ]
      for folder in [path] + nested.map({ path + "/" + $0 }) {
        guard case .directory? = try fileKind(folder) else { continue }
        if let found = try idx(folder, options) { return found }
        if let found = try cifar(folder, options) { return found }
      }
      if let found = try folders(path, options) { return found }
    case .regular?:
      if let found = try file(path, options) { return found }
    case let kind?:
      throw ConvNetError(.invalidData, "\(shown): is \(kind.description), not a data set")
    }
    throw ConvNetError(
      .invalidData, "\(shown): is no data set that is known", reason: "looked for: " + known)
  }

  private static func folders(
    _ path: String, _ options: DatasetOptions
  ) throws(ConvNetError) -> Dataset? {
    let scan = try FolderScan(path)
    guard
      let found = try ClassFolders(
        files: scan.files, folders: scan.folders, root: path.escapedForDisplay)
    else {
      guard scan.files.contains(where: PictureFiles.isPicture) else { return nil }
      throw ConvNetError(
        .invalidData, "\(path.escapedForDisplay): holds pictures but no class folders",
        reason: "the name of a picture's folder is its class")
    }
    return try dataset(found, .folders, store: .folder(path), path: path, options)
  }

  private static func file(
    _ path: String, _ options: DatasetOptions
  ) throws(ConvNetError) -> Dataset? {
    let bytes = try FileBytes(path: path)
    let shown = bytes.name
    if TarArchive.isTar(bytes) {
      let archive = try TarArchive(bytes)
      guard
        let found = try ClassFolders(
          files: archive.entries.map(\.name), folders: archive.folders, root: shown)
      else { return nil }
      var entries: [String: TarArchive.Entry] = [:]
      // Of equal names the last one counts, as when the archive is unpacked.
      for entry in archive.entries { entries[entry.name] = entry }
      return try dataset(found, .archive, store: .archive(archive, entries), path: path, options)
    }
    if bytes.hasPrefix(InflateReader.signature) {
      throw ConvNetError(
        .unsupported, "\(shown): is a gzip file", reason: "packed archives are not read in place",
        advice: "unpack it with gunzip first")
    }
    if bytes.hasPrefix([0, 0, 8]) {
      throw ConvNetError(
        .invalidData, "\(shown): is one IDX file", reason: "pictures and labels are two files",
        advice: "give the folder that holds both")
    }
    guard path.lowercased().hasSuffix(".csv") || path.lowercased().hasSuffix(".txt") else {
      return nil
    }
    let list = try ImageList(bytes, path: path, options: options)
    return try Dataset(
      kind: .list, path: path, classNames: list.pictures.classNames,
      parts: [.training: list.pictures], options: options)
  }

  private static func dataset(
    _ found: ClassFolders, _ kind: Kind, store: PictureFiles.Store, path: String,
    _ options: DatasetOptions
  ) throws(ConvNetError) -> Dataset {
    var parts: [Split: any LabeledImages] = [:]
    for (split, part) in found.parts {
      parts[split] = PictureFiles(
        store: store, names: part.names, labels: part.labels, classNames: found.classNames,
        color: options.color)
    }
    return try Dataset(
      kind: kind, path: path, classNames: found.classNames, parts: parts, notes: found.notes,
      options: options)
  }
}
