package import ConvNetGraph

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Making, listing and removing folders.
package enum Folders {
  /// Makes a folder and those above it; one that is there already is no error.
  ///
  /// - Throws: ``ConvNetError`` of kind `cannotWrite` naming the folder that cannot be made.
  package static func make(_ path: String) throws(ConvNetError) {
    var made = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      made += made.isEmpty && part.isEmpty ? "/" : part + "/"
      guard mkdir(made, 0o777) == 0 || errno == EEXIST || errno == EISDIR else {
        throw ConvNetError(
          .cannotWrite, "\(made.escapedForDisplay): cannot make this folder",
          reason: systemErrorText(errno))
      }
    }
  }

  /// The names in a folder, sorted by their bytes, hidden ones left out.
  ///
  /// - Throws: ``ConvNetError`` of kind `notFound` or `invalidData` where it cannot be listed.
  package static func names(in path: String) throws(ConvNetError) -> [String] {
    try folderEntries(path)
  }

  /// Calls a closure with a new empty folder in the system's folder for temporary files; afterwards
  /// the folder and the files in it are removed.
  ///
  /// - Throws: ``ConvNetError`` of kind `cannotWrite`, or what the closure throws.
  package static func withTemporary<Result>(
    _ body: (_ path: String) throws(ConvNetError) -> Result
  ) throws(ConvNetError) -> Result {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    var template = Array("\(parent.isEmpty ? "/tmp" : parent)/convnet-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw ConvNetError(
        .cannotWrite, "no temporary folder can be made", reason: systemErrorText(errno))
    }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for name in (try? folderEntries(path)) ?? [] { unlink("\(path)/\(name)") }
      rmdir(path)
    }
    return try body(path)
  }
}
