import FoundationEssentials

/// The folder with test material that is not part of the package; tests that need it are skipped
/// where it is absent.
enum Shared {
  static let path =
    ProcessInfo.processInfo.environment["CONVNET_SHARED"]
    ?? packageRoot + "/../shared"

  static let packageRoot: String = {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(4)
    return parts.joined(separator: "/")
  }()

  static func has(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: path + "/data/" + name)
  }

  static func file(_ name: String) -> String { path + "/data/" + name }
}
