internal import ConvNetGraph

/// Which picture belongs to which class and part, from the names of files and folders alone.
///
/// Two layouts: `train/CLASS/picture` with `val/` and `test/` beside it, or `CLASS/picture`. Folders
/// around the whole ("data/train/…") are passed over.
struct ClassFolders {
  /// The pictures of one part with the positions of their classes.
  struct Part {
    var names: [String] = []
    var labels: [Int] = []
  }

  private(set) var classNames: [String] = []
  private(set) var parts: [Dataset.Split: Part] = [:]
  private(set) var notes: [String] = []

  private static let splitNames: [String: Dataset.Split] = [
    "train": .training, "training": .training, "val": .validation, "valid": .validation,
    "validation": .validation, "test": .test, "testing": .test,
  ]

  /// Sorts files and folders, given by their paths relative to `root`, which is for messages.
  ///
  /// Returns nil where there is no class folder at all.
  init?(files: [String], folders: [String], root: String) throws(ConvNetError) {
    let visible = files.filter { !Self.isHidden($0) }
    let pictures = visible.filter(PictureFiles.isPicture)
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let tree = FolderNames(files: visible, folders: folders.filter { !Self.isHidden($0) })
    noteOtherFiles(visible)

    var base = ""
    while tree.children(of: base).count == 1, let only = tree.children(of: base).first,
      !tree.children(of: Self.join(base, only)).isEmpty
    { base = Self.join(base, only) }
    let top = tree.children(of: base)
    guard !top.isEmpty else { return nil }

    var roots: [Dataset.Split: String] = [:]
    for name in top {
      guard let split = Self.splitNames[name.lowercased()] else { continue }
      if let other = roots[split] {
        throw ConvNetError(
          .invalidData,
          "\(root): holds two folders for one part: \"\(other.escapedForDisplay)\" and "
            + "\"\(name.escapedForDisplay)\"")
      }
      roots[split] = name
    }
    // A class may be called "test"; only a folder "train" makes parts of the others.
    if let training = roots[.training] {
      for name in top where !roots.values.contains(name) {
        notes.append(
          "the folder \"\(name.escapedForDisplay)\" beside "
            + "\"\(training.escapedForDisplay)\" is not read")
      }
    } else {
      roots = [.training: ""]
    }

    for split in Dataset.Split.allCases {
      guard let folder = roots[split] else { continue }
      let path = folder.isEmpty ? base : Self.join(base, folder)
      try add(split, path: path, tree: tree, pictures: pictures, root: root)
    }
  }

  private mutating func add(
    _ split: Dataset.Split, path: String, tree: FolderNames, pictures: [String], root: String
  ) throws(ConvNetError) {
    let classes = tree.children(of: path)
    let shown = path.isEmpty ? root : "\(root)/\(path.escapedForDisplay)"
    guard !classes.isEmpty else {
      throw ConvNetError(
        .invalidData, "\(shown): holds no class folders",
        reason: "expected is one folder of pictures per class")
    }
    if split == .training { classNames = classes }
    var positions: [String: Int] = [:]
    for (index, name) in classNames.enumerated() { positions[name] = index }

    var part = Part()
    var counts: [String: Int] = [:]
    let prefix = path.isEmpty ? "" : path + "/"
    for picture in pictures where picture.hasPrefix(prefix) {
      let rest = picture.dropFirst(prefix.count)
      guard let slash = rest.firstIndex(of: "/") else { continue }
      let name = String(rest[..<slash])
      counts[name, default: 0] += 1
      guard let label = positions[name] else { continue }
      part.names.append(picture)
      part.labels.append(label)
    }
    for name in classes {
      guard counts[name] != nil else {
        throw ConvNetError(
          .invalidData, "\(shown)/\(name.escapedForDisplay): holds no picture",
          reason: "names of pictures end with ."
            + PictureFiles.suffixes.joined(separator: ", ."),
          advice: "remove the folder or put pictures into it")
      }
      guard positions[name] != nil else {
        throw ConvNetError(
          .invalidData, "\(shown)/\(name.escapedForDisplay): is a class without training pictures",
          reason: "the classes are " + classNames.map(\.escapedForDisplay).joined(separator: ", "))
      }
    }
    parts[split] = part
  }

  /// Picture formats that are not read must not vanish without a word.
  private mutating func noteOtherFiles(_ files: [String]) {
    for suffix in ["gif", "tif", "tiff", "heic", "avif"] {
      let count = files.count { $0.lowercased().hasSuffix("." + suffix) }
      if count > 0 { notes.append("\(count) files .\(suffix) are not read") }
    }
  }

  private static func isHidden(_ path: String) -> Bool {
    path.split(separator: "/").contains { $0.hasPrefix(".") || $0 == "__MACOSX" }
  }

  private static func join(_ path: String, _ name: String) -> String {
    path.isEmpty ? name : path + "/" + name
  }
}

/// The folders below each folder, sorted, also those that only a file's path mentions.
private struct FolderNames {
  private var childrenByFolder: [String: Set<String>] = [:]

  init(files: [String], folders: [String]) {
    for folder in folders { add(folder) }
    for file in files {
      if let slash = file.lastIndex(of: "/") { add(String(file[..<slash])) }
    }
  }

  private mutating func add(_ folder: String) {
    var path = folder
    while !path.isEmpty {
      let slash = path.lastIndex(of: "/")
      let parent = slash.map { String(path[..<$0]) } ?? ""
      let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
      // What is above a known folder is known too.
      guard childrenByFolder[parent, default: []].insert(name).inserted else { return }
      path = parent
    }
  }

  func children(of folder: String) -> [String] {
    (childrenByFolder[folder] ?? []).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
