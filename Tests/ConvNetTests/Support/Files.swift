import Foundation

/// Where the tests find their files.
enum Files {
  static let packageRoot = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../..").standardizedFileURL

  /// The text of a file under `Tests/ConvNetTests/Golden`.
  static func golden(_ name: String) throws -> String {
    try String(
      contentsOf: packageRoot.appending(path: "Tests/ConvNetTests/Golden/\(name)"),
      encoding: .utf8)
  }

  /// The path of test material that is not part of the package, or nil where it is absent.
  static func shared(_ name: String) -> String? {
    let folder =
      ProcessInfo.processInfo.environment["CONVNET_SHARED"]
      ?? packageRoot.appending(path: "../shared").standardizedFileURL.path(percentEncoded: false)
    let path = folder + "/data/" + name
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// The path of a downloaded file in the folder named by `CONVNET_CACHE` (by default
  /// `~/.cache/convnet`), or nil where it is absent.
  static func cached(_ name: String) -> String? {
    let environment = ProcessInfo.processInfo.environment
    let folder = environment["CONVNET_CACHE"] ?? (environment["HOME"] ?? "") + "/.cache/convnet"
    let path = folder + "/" + name
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }
}
