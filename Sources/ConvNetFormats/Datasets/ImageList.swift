internal import ConvNetGraph

/// A CSV file with a picture per line: `path,label`, the path relative to the file's folder.
///
/// Labels are either whole numbers, which are the classes' positions, or names, which are sorted.
/// A first line `path,label` is a heading. Mistakes are collected, up to ten.
struct ImageList {
  let pictures: PictureFiles

  private static let mistakeLimit = 10
  private static let classLimit = 100_000

  init(_ bytes: FileBytes, path: String, options: DatasetOptions) throws(ConvNetError) {
    var reader = try CSVReader(bytes)
    let root =
      path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    var names: [String] = []
    var labels: [String] = []
    var mistakes: [String] = []
    var usesNumbers: Bool?
    var isFirst = true

    while mistakes.count < Self.mistakeLimit {
      do throws(ConvNetError) {
        guard let row = try reader.nextRow() else { break }
        if isFirst {
          isFirst = false
          if Self.isHeading(row) { continue }
        }
        guard row.count == 2 else {
          throw ConvNetError(
            .invalidData, "has \(row.count) fields, expected are 2: path,label")
        }
        let label = row[1].trimmed
        try Self.check(label: label, usesNumbers: &usesNumbers)
        try Self.check(path: row[0], root: root, options)
        names.append(row[0])
        labels.append(label)
      } catch {
        isFirst = false
        mistakes.append("line \(reader.line): \(error.summary)")
      }
    }
    guard mistakes.isEmpty else {
      throw ConvNetError(
        .invalidData, "\(bytes.name): \(mistakes[0])",
        reason: mistakes.count == 1 ? nil : mistakes.dropFirst().joined(separator: "\n  "),
        advice: mistakes.count == Self.mistakeLimit
          ? "reading stopped after \(Self.mistakeLimit) mistakes" : nil)
    }
    guard !names.isEmpty else {
      throw ConvNetError(
        .invalidData, "\(bytes.name): lists no pictures", reason: "expected are lines path,label")
    }

    let classNames: [String]
    if usesNumbers == true {
      classNames = (0...(labels.compactMap { Int($0) }.max() ?? 0)).map(String.init)
    } else {
      classNames = Set(labels).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
    var positions: [String: Int] = [:]
    for (index, name) in classNames.enumerated() { positions[name] = index }
    pictures = PictureFiles(
      store: .folder(root), names: names,
      // "07" is the class 7.
      labels: labels.map { positions[$0] ?? Int($0) ?? 0 },
      classNames: classNames, color: options.color)
  }

  private static func isHeading(_ row: [String]) -> Bool {
    row.count == 2
      && ["path", "file", "filename", "image", "name"].contains(row[0].trimmed.lowercased())
      && ["label", "class", "target", "category"].contains(row[1].trimmed.lowercased())
  }

  private static func check(label: String, usesNumbers: inout Bool?) throws(ConvNetError) {
    guard !label.isEmpty else { throw ConvNetError(.invalidData, "has no label") }
    let shown = "the label \"\(label.escapedForDisplay)\""
    let isNumber = Double(label) != nil
    if let usesNumbers, usesNumbers != isNumber {
      throw ConvNetError(
        .invalidData, "\(shown) is \(isNumber ? "a number" : "no number"), unlike those before")
    }
    usesNumbers = isNumber
    guard !isNumber || (Int(label).map { (0..<classLimit).contains($0) } ?? false) else {
      throw ConvNetError(
        .invalidData, "\(shown) is not a whole number in 0...\(classLimit - 1)")
    }
  }

  private static func check(
    path: String, root: String, _ options: DatasetOptions
  ) throws(ConvNetError) {
    guard !path.isEmpty else { throw ConvNetError(.invalidData, "has no path") }
    let shown = "\"\(path.escapedForDisplay)\""
    let isOutside = path.hasPrefix("/") || path.split(separator: "/").contains("..")
    guard !isOutside || options.allowsOutsidePaths else {
      throw ConvNetError(.invalidData, "\(shown) leads out of the list's folder")
    }
    switch try fileKind(joinedPath(root, path)) {
    case .regular?: return
    case nil: throw ConvNetError(.invalidData, "\(shown) does not exist")
    case let kind?: throw ConvNetError(.invalidData, "\(shown) is \(kind.description), not a file")
    }
  }
}

extension String {
  /// The text without spaces and tabs at its ends.
  fileprivate var trimmed: String {
    let space: Set<Character> = [" ", "\t"]
    let start = drop { space.contains($0) }
    let end = start.lastIndex { !space.contains($0) }
    return end.map { String(start[...$0]) } ?? ""
  }
}
