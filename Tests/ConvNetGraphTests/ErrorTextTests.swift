import ConvNetGraph
import Foundation
import Testing

/// The texts of mistakes are part of the product: each stands in a file of its own and is compared
/// to the letter. `CONVNET_RECORD_ERRORS=1` writes the files anew; read the difference then.
@Suite struct ErrorTextTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "ErrorTexts")

  @Test(arguments: Mistake.all) func textIsTheRecordedOne(_ mistake: Mistake) throws {
    let error = try #require(throws: ConvNetError.self) { try mistake.make() }
    let file = Self.folder.appending(path: "\(mistake.name).txt")
    let text = error.description + "\n"
    if ProcessInfo.processInfo.environment["CONVNET_RECORD_ERRORS"] != nil {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(try text == String(contentsOf: file, encoding: .utf8))
  }

  @Test func everyFileBelongsToAMistake() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: Self.folder.path(percentEncoded: false))
    #expect(Set(files) == Set(Mistake.all.map { "\($0.name).txt" }))
    #expect(Mistake.all.count >= 20)
  }

  @Test func everyTextSaysWhere() throws {
    for mistake in Mistake.all where !mistake.name.hasPrefix("graph-") {
      let error = try #require(throws: ConvNetError.self) { try mistake.make() }
      #expect(error.summary.contains(": "), "\(mistake.name): \(error.summary)")
      #expect(error.kind == .invalidNetwork)
    }
  }
}
