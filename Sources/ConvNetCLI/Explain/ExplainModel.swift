internal import ConvNet
internal import ConvNetExplain
internal import ConvNetFormats
internal import ConvNetGraph
internal import ConvNetTerminal
internal import ConvNetText

/// The model that looks at a photo: a file's, or the one that comes with the program.
struct ExplainModel {
  let model: Model
  let name: String
  let sha256: String

  /// The name that the network goes by that comes with the program.
  static let starter = "starter"

  /// Loads a file or a pretrained network, or the network that comes with the program: where no model
  /// is named, or ``starter`` is and there is no such file.
  init(_ path: String?, console: Console) throws(ConvNetError) {
    guard let path, path != Self.starter || (try? FileBytes(path: path)) != nil else {
      let bytes = StarterModel.bytes
      model = try Model(bytes: bytes, name: StarterModel.name)
      name = StarterModel.name
      sha256 = SHA256.hex(SHA256.digest(bytes))
      return
    }
    model = try ModelArgument.load(path, console: console)
    name = PathName.last(of: path)
    // A pretrained network that was asked for by its name lies elsewhere.
    let file = try? FileBytes(path: path)
    let fetched = file == nil ? try FileBytes(path: PretrainedModel.named(path).path) : file
    sha256 = fetched?.withUnsafeBytes { SHA256.hexadecimal($0) } ?? ""
  }

  /// The class of a name or number.
  func classIndex(_ text: String) throws(ConvNetError) -> Int {
    if let index = model.labels.firstIndex(of: text) { return index }
    let classes = model.outputShape.count
    if let index = Int(text), (0..<classes).contains(index) { return index }
    throw ConvNetError(
      .invalidArgument,
      "no class is called '\(text.escapedForDisplay)'"
        + Suggestion.question(for: text, in: model.labels),
      reason: "the network has \(classes) classes"
        + (model.labels.isEmpty ? "" : ": " + model.labels.prefix(20).joined(separator: ", ")))
  }
}

/// Parts of paths.
enum PathName {
  static func last(of path: String) -> String {
    String(path.split(separator: "/").last ?? Substring(path))
  }

  static func withoutExtension(_ path: String) -> String {
    guard let dot = path.lastIndex(of: "."), path[dot...].allSatisfy({ $0 != "/" }),
      dot != path.startIndex
    else { return path }
    return String(path[..<dot])
  }
}

/// All tensors of a run for a file.
enum RunDump {
  static func tensors(
    _ run: Inspection, _ evidence: [ClassEvidence]
  ) throws(ConvNetError) -> Weights {
    var tensors = run.tensors
    for found in evidence {
      tensors["gradient:\(found.classIndex)"] = found.gradient
      tensors["heat:\(found.classIndex)"] = found.evidence
      tensors["cam:\(found.classIndex)"] = found.gradCAM
    }
    return tensors
  }
}
