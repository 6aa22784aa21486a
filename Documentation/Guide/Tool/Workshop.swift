import Foundation

/// An empty folder in which the guide's commands and samples run one after the other, as a reader's
/// would.
final class Workshop {
  let folder: URL
  private let programs: URL
  private var known: [String: [String]] = [:]

  /// - Parameter programs: where `convnet` and this program are.
  init(programs: URL) throws {
    self.programs = programs
    folder = URL(fileURLWithPath: NSTemporaryDirectory())
      .appendingPathComponent("convnet-guide-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// What a sample prints.
  func output(ofSample name: String) throws -> [String] {
    try output(of: "Guide sample \(name)")
  }

  /// What a command prints, on both channels; run once, for both languages.
  func output(of command: String) throws -> [String] {
    if let known = known[command] { return known }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = folder
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = programs.path + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
    environment["NO_COLOR"] = "1"
    environment["COLUMNS"] = "100"
    environment["LC_ALL"] = "C.UTF-8"
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    var lines = String(decoding: data, as: UTF8.self).components(separatedBy: "\n")
    // Spaces at the end of a line are invisible and would be lost in an editor.
    lines = lines.map { line in
      var line = line[...]
      while line.hasSuffix(" ") { line = line.dropLast() }
      return String(line)
    }
    while lines.last == "" { lines.removeLast() }
    if process.terminationStatus != 0 {
      lines.append("(exit code \(process.terminationStatus))")
    }
    known[command] = lines
    return lines
  }
}
