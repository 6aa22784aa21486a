import ConvNet
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

  /// Whether `convnet models get efficientnet-lite0` was run.
  static var hasEfficientNetLite0: Bool {
    (try? PretrainedModel.named("efficientnet-lite0"))?.isFetched ?? false
  }
}
