internal import ConvNetGraph

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The names in one folder, sorted by their bytes, hidden ones left out.
func folderEntries(_ path: String) throws(ConvNetError) -> [String] {
  let shown = path.escapedForDisplay
  guard !path.utf8.contains(0), let folder = opendir(path) else {
    let kind: ConvNetError.Kind = errno == ENOTDIR ? .invalidData : .notFound
    throw ConvNetError(kind, "\(shown): cannot be opened", reason: systemErrorText(errno))
  }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let start = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
    let bytes = start.assumingMemoryBound(to: CChar.self)
    guard let name = String(validatingCString: bytes) else {
      throw ConvNetError(
        .unsupported, "\(shown): holds the name \"\(String(cString: bytes).escapedForDisplay)\"",
        reason: "names must be UTF-8")
    }
    if !name.hasPrefix(".") { names.append(name) }
  }
  return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// A path relative to a folder; an absolute one stays as it is.
func joinedPath(_ folder: String, _ path: String) -> String {
  path.hasPrefix("/") ? path : folder + "/" + path
}

/// What a path leads to, links followed; nil where nothing is there.
func fileKind(_ path: String) throws(ConvNetError) -> FileKind? {
  var information = stat()
  guard stat(path, &information) == 0 else {
    switch errno {
    case ENOENT, ENOTDIR: return nil
    case ELOOP:
      throw ConvNetError(
        .invalidData, "\(path.escapedForDisplay): cannot be opened",
        reason: "its links lead in a circle")
    default:
      throw ConvNetError(
        .notFound, "\(path.escapedForDisplay): cannot be opened", reason: systemErrorText(errno))
    }
  }
  return FileKind(mode: information.st_mode)
}

/// All files and folders below a folder, as paths relative to it, sorted.
///
/// Links are followed; one that leads back to a folder above it is an error, and so is anything
/// that is neither a file nor a folder. Hidden names and macOS' "__MACOSX" are left out.
struct FolderScan {
  private(set) var files: [String] = []
  private(set) var folders: [String] = []

  private static let depthLimit = 16

  init(_ root: String) throws(ConvNetError) {
    try scan(root, relative: "", above: [], depth: 0)
  }

  private mutating func scan(
    _ path: String, relative: String, above: [FolderIdentity], depth: Int
  ) throws(ConvNetError) {
    let shown = path.escapedForDisplay
    guard depth <= Self.depthLimit else {
      throw ConvNetError(.invalidData, "\(shown): is nested deeper than \(Self.depthLimit) folders")
    }
    let identity = try FolderIdentity(path)
    guard !above.contains(identity) else {
      throw ConvNetError(.invalidData, "\(shown): is a link to a folder above it")
    }
    for name in try folderEntries(path) where name != "__MACOSX" {
      let child = path + "/" + name
      let childRelative = relative.isEmpty ? name : relative + "/" + name
      switch try fileKind(child) {
      case .regular?: files.append(childRelative)
      case .directory?:
        folders.append(childRelative)
        try scan(child, relative: childRelative, above: above + [identity], depth: depth + 1)
      case nil:
        throw ConvNetError(
          .invalidData, "\(child.escapedForDisplay): is a link that leads nowhere")
      case let kind?:
        throw ConvNetError(
          .invalidData, "\(child.escapedForDisplay): is \(kind.description), not a file")
      }
    }
  }
}

/// Which folder a path leads to, whatever its name.
private struct FolderIdentity: Hashable {
  private let device: UInt64
  private let node: UInt64

  init(_ path: String) throws(ConvNetError) {
    var information = stat()
    guard stat(path, &information) == 0 else {
      throw ConvNetError(
        .notFound, "\(path.escapedForDisplay): cannot be opened", reason: systemErrorText(errno))
    }
    device = UInt64(truncatingIfNeeded: information.st_dev)
    node = UInt64(truncatingIfNeeded: information.st_ino)
  }
}
